/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Turns the event loop until something holds that no event tells of. */
export async function turnUntil(isDone: () => boolean): Promise<void> {
  while (!isDone()) await turn();
}
