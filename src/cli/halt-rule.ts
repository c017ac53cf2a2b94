import { UsageError } from "./usage-error.ts";

/** How a run stops early: `soon` lets the running calls finish, `now` ends them. */
export type HaltWay = "soon" | "now";

/** When a run stops before the end of its input. Undefined stands for never. */
export interface HaltRule {
  readonly way: HaltWay;
  /** What is counted: failed calls, or calls that succeeded. */
  readonly counts: "fail" | "success";
  /** The count at which the run stops. */
  readonly limit: number;
}

const FORM = /^(now|soon),(fail|success)=([1-9]\d{0,8})$/;

/** Reads the value of `--halt`, which is a part of what GNU parallel accepts. */
export function parseHaltRule(text: string): HaltRule | undefined {
  if (text === "never") return undefined;
  const [, way, counts, limit] = FORM.exec(text) ?? [];
  if (way === undefined) {
    throw new UsageError(
      `--halt is never, or when to stop and after how many: now,fail=1, soon,fail=3, now,success=1, soon,success=1: --halt=${text}`,
    );
  }
  return {
    way: way as HaltWay,
    counts: counts as HaltRule["counts"],
    limit: Number(limit),
  };
}
