/** The callable whose result is moved; see `questions/moved-both-ways.ts`. */
import * as inWorker from "ringpool/worker";

type Transfer = <T>(value: T, list: readonly ArrayBuffer[]) => T;

/** Undefined in versions that cannot move a result. */
const transfer = (inWorker as { readonly transfer?: Transfer }).transfer;

export const canMoveBack: boolean = transfer !== undefined;

export function giveBack(buffer: ArrayBuffer): ArrayBuffer {
  return transfer === undefined ? buffer : transfer(buffer, [buffer]);
}
