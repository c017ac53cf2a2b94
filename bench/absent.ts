/** Where one of the two first rivals takes no part, and why. The page of the figures says so. */
import { BATCHED, FLAT } from "./contestants/names.ts";

export interface Absence {
  readonly question: string;
  /** How the names of the cases begin; every case without it. */
  readonly cases?: string;
  readonly who: readonly string[];
  readonly why: string;
}

export const ABSENCES: readonly Absence[] = [
  {
    question: "transfer-1m",
    who: [BATCHED],
    why: "It copies the values of a batch. What is moved goes in a message of its own.",
  },
  {
    question: "moved-both-ways",
    who: [BATCHED],
    why: "It copies the values of a batch. What is moved goes in a message of its own.",
  },
  {
    question: "fork-join",
    who: [BATCHED],
    why: "A few long parts are no batch: a worker would answer the first with the last.",
  },
  {
    question: "server",
    who: [BATCHED],
    why: "The requests of a server come one by one, and a batch of one is one message each.",
  },
  {
    question: "recovery",
    who: [BATCHED],
    why: "There is one request at a time, and a batch of one is one message each.",
  },
  {
    question: "recovery",
    cases: "process.exit in a callable, the parent blocks",
    who: [FLAT],
    why: "A pool on messages sees nothing while its program blocks.",
  },
  {
    question: "stopping",
    who: [BATCHED],
    why: "There is one request at a time, and a batch of one is one message each.",
  },
  {
    question: "trace",
    who: [BATCHED, FLAT],
    why: "They record nothing. The question compares a pool that records with one that does not.",
  },
  {
    question: "spawn",
    cases: "nobody takes it",
    who: [BATCHED, FLAT],
    why: "A worker of a pool by hand has no pool to hand work on to. What it can do is a plain call.",
  },
  {
    question: "spawn",
    cases: "10,000 in each other",
    who: [BATCHED, FLAT],
    why: "A worker of a pool by hand has no pool to hand work on to. What it can do is a plain call.",
  },
];

/** Whether the page says why the rival is not there. */
export function isKnownAbsence(question: string, caseName: string, rival: string): boolean {
  return ABSENCES.some(
    (one) =>
      one.question === question && one.who.includes(rival) && caseName.startsWith(one.cases ?? ""),
  );
}
