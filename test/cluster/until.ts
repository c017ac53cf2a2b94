/** Resolves when `hasHappened` is true: for what other processes do and nothing announces. The test's time limit is the only one. */
export async function until(hasHappened: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await hasHappened())) await new Promise((resolve) => setTimeout(resolve, 5));
}
