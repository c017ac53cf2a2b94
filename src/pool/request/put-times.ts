/**
 * `putAt` of a request whose times are not taken. It is no time, and a double like every time: while a field holds doubles and integers, the engine
 * compiles for one of them, and leaves the compiled code of the put at each of the others.
 */
export const NOT_TIMED: number = -0.5;

/** `putAt` of a request that was put before its times were asked for. No duration from then on is one. */
export const PUT_BEFORE: number = -Infinity;
