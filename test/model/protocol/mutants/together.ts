/** Mutants of requests that are put in one go. */
import { POSITIONS, configuration } from "../configuration.ts";
import { AT_EVENT_LOOP } from "../parent-wait.ts";
import {
  FIRST_ENTRY,
  PUBLISHES,
  SECOND_ENTRY,
  groupIsPut,
  publishGroup,
  show,
} from "../parent-group.ts";
import { wakeOneSteps } from "../waking.ts";
import type { Parent } from "../world.ts";
import type { Mutant } from "./mutant.ts";

export const TOGETHER_MUTANTS: readonly Mutant[] = [
  {
    name: "the first entry of a group is stored before the states",
    breaks: "I6",
    config: configuration("", { puts: "together", workers: 1 }),
    mutation: {
      ignores: ["I2", "I3", "I9"],
      parent: (world) => ({ [PUBLISHES]: (me) => publishGroup(world, me) }),
    },
  },
  {
    name: "the later entries of a group are stored after the first",
    breaks: "I6",
    config: configuration("", { puts: "together" }),
    mutation: {
      ignores: ["I2", "I9"],
      parent: (world) => ({
        [PUBLISHES]: (me) =>
          (me.hidden & ~SECOND_ENTRY) === 0 ? publishGroup(world, me) : undefined,
      }),
    },
  },
  {
    name: "the later entries of a group are stored after the wake, by an atomic store",
    breaks: "I6",
    config: configuration("", { puts: "together" }),
    mutation: {
      ignores: ["I2", "I9"],
      parent: (world) => ({
        [PUBLISHES]: (me) => {
          if ((me.hidden & ~SECOND_ENTRY) !== 0) return undefined;
          // The wake comes first.
          me.hidden = 0;
          return publishGroup(world, me);
        },
        ...wakeOneSteps<Parent>(world, () => "stores the second entry, late"),
        "stores the second entry, late": (me) => {
          me.group = 2;
          me.groupAt = (me.tail + POSITIONS - 2) % POSITIONS;
          me.hidden = SECOND_ENTRY;
          show(world, me, SECOND_ENTRY);
          return AT_EVENT_LOOP;
        },
      }),
    },
  },
  {
    name: "the first entry of a group is a plain store",
    breaks: "I6",
    config: configuration("", { puts: "together", workers: 1 }),
    mutation: {
      ignores: ["I2", "I9"],
      parent: (world) => ({
        [PUBLISHES]: (me) => {
          if (me.hidden !== 0) return undefined;
          // It is seen later than the parent's look at the sleep sets.
          me.hidden = FIRST_ENTRY;
          return groupIsPut(world, me);
        },
      }),
    },
  },
];
