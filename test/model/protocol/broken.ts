/** Reports an invariant that a step breaks, where this shows in the step itself and not in the state after it. */
export type Broken = (invariant: string, what: string) => void;
