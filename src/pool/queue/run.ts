/** A run that goes on in a worker. */
export interface Run {
  readonly task: number;
  /** The slot of the worker. */
  readonly slot: number;
  readonly generation: number;
}
