/** Says that a step has broken an invariant: for what shows in the step itself, and not in the state it leads to. */
export type Broken = (invariant: string, what: string) => void;
