/** What the machines of the measurements serve. */

export function echo(value: number): number {
  return value;
}

/** Computes for so long. */
export function compute(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export const registry: { readonly echo: typeof echo; readonly compute: typeof compute } = {
  echo,
  compute,
};
