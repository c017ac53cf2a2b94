/** The trees that are explored: by child, the node that puts it. */
import type { ChildrenConfiguration } from "./world.ts";

const USUAL: Omit<ChildrenConfiguration, "name"> = {
  workers: 2,
  parents: [0, 0],
  kills: 0,
  crashes: 0,
  aborts: 0,
};

export function tree(
  name: string,
  given: Partial<ChildrenConfiguration> = {},
): ChildrenConfiguration {
  return { ...USUAL, ...given, name };
}

/** Small enough for every run of the tests. */
export const SMALL_TREES: readonly ChildrenConfiguration[] = [
  tree("children: one worker alone", { workers: 1, parents: [0, 0, 1] }),
  tree("children: two children, two workers"),
  tree("children: a child with a child", { parents: [0, 1] }),
  tree("children: two children, one with a child", { parents: [0, 0, 1] }),
  tree("children: one child, three workers", { workers: 3, parents: [0] }),
  tree("children: abort", { aborts: 1, parents: [0, 1] }),
  tree("children: a worker is killed", { kills: 1, parents: [0] }),
  tree("children: a worker vanishes", { crashes: 1, parents: [0] }),
];

/** For `bun run explore:protocol`. */
export const LARGE_TREES: readonly ChildrenConfiguration[] = [
  tree("children: two children, three workers", { workers: 3 }),
  tree("children: a child with two children", { parents: [0, 1, 1] }),
  tree("children: a child with two children, three workers", { workers: 3, parents: [0, 1, 1] }),
  tree("children: two children, three workers, one is killed", { workers: 3, kills: 1 }),
  tree("children: two children, three workers, one vanishes", { workers: 3, crashes: 1 }),
  tree("children: two children, abort", { aborts: 1 }),
  tree("children: two children, a worker is killed", { kills: 1 }),
  tree("children: a child with a child, a worker is killed", { kills: 1, parents: [0, 1] }),
  tree("children: a child with a child, a worker vanishes", { crashes: 1, parents: [0, 1] }),
  tree("children: both workers are killed", { kills: 2, parents: [0] }),
  tree("children: a kill and an abort", { kills: 1, aborts: 1, parents: [0] }),
];
