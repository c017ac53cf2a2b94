/** Wake-ups between the workers of a tree: no helper sleeps while a child of its tree is offered, and each child hears of its stop. */
import { claimRoots, runHelper, runOfferer, startSignal, takenOf } from "../scenes/helpers.ts";
import type { HelperSettings, OffererSettings } from "../scenes/helpers.ts";
import { Parent } from "../scenes/parent.ts";
import type { Actor, Configuration, Ending, Part, World } from "../scenes/world.ts";

type Role =
  | { readonly owner: Omit<OffererSettings, "slot"> }
  | { readonly helper: Omit<HelperSettings, "slot"> };

interface Setting {
  readonly name: string;
  readonly about: string;
  readonly workers: readonly Role[];
  /** What the parent does. */
  readonly act?: (parent: Parent, actor: Actor, world: World) => void;
  /** The slots of the workers that may be killed. */
  readonly mayDie?: readonly number[];
  readonly check?: (notes: readonly Note[], world: World, end: Ending) => void;
}

interface Note {
  readonly ran?: number;
  readonly child?: number;
  readonly number?: number;
  readonly listener?: number;
}

function scene(setting: Setting): Configuration {
  const { name, about } = setting;
  return { name, about, arrange: (world) => castOf(world, setting) };
}

function castOf(world: World, setting: Setting): ReturnType<Configuration["arrange"]> {
  const rings = setting.workers.map(() => world.addRing(128));
  claimRoots(world);
  const parent: Part = {
    name: "parent",
    run: (actor) => {
      const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
      const made = new Parent(actor, world, places);
      actor.ready();
      setting.act?.(made, actor, world);
    },
  };
  const workers = setting.workers.map((role, slot): Part => ({
    name: "owner" in role ? `owner ${slot}` : `helper ${slot}`,
    // An owner must end: it gets every child back from one of the helpers.
    isDaemon: "helper" in role,
    run: (actor) => {
      actor.ready();
      if ("owner" in role) runOfferer(actor, world, { ...role.owner, slot });
      else runHelper(actor, world, { ...role.helper, slot });
    },
  }));
  return { parts: [parent, ...workers], check: (end) => check(end, world, setting) };
}

function check(end: Ending, world: World, setting: Setting): void {
  const notes = setting.workers.flatMap((_, slot) => end.notesOf(slot + 1) as Note[]);
  const runs = notes.flatMap(({ ran }) => ran ?? []);
  if (new Set(runs).size !== runs.length) throw new Error(`A child was run twice: ${runs.join()}`);
  for (const slot of setting.mayDie ?? [])
    if (((end.word(world.queue.HELPING) >>> slot) & 1) === 1)
      throw new Error(`A dead worker is a helper: slot=${slot}`);
  setting.check?.(notes, world, end);
}

/** Each value of one kind of note occurs once. */
function checkDistinct(notes: readonly Note[], kind: "number" | "listener"): void {
  const found = notes.flatMap((note) => note[kind] ?? []);
  if (new Set(found).size !== found.length || found.some((value) => value < 1))
    throw new Error(`Numbers are not distinct: ${kind}=${found.join()}`);
}

const HELPER = { root: 0, most: 1 } as const;

/** How often each thread tells figures. */
const TELLS = 2;
const FIGURES = { inPlace: 1, taken: 2, failed: 4 } as const;

function tellFigures(actor: Actor, { queue, views }: World): void {
  actor.ready();
  for (let told = 0; told < TELLS; told++) {
    actor.checkpoint("tells", told);
    queue.noteChildFigures(views, 0, FIGURES);
  }
}

/** A killed worker that has not noticed yet tells its figures beside its successor. */
const TOLD: Configuration = {
  name: "two workers of one slot tell figures about children",
  about: "add against add",
  arrange: (world) => ({
    parts: [
      { name: "worker", run: (actor) => tellFigures(actor, world) },
      { name: "successor", run: (actor) => tellFigures(actor, world) },
    ],
    check: (end) => {
      for (const [figure, count] of Object.values(FIGURES).entries())
        if (end.word(world.queue.childFiguresWord(0) + figure) !== 2 * TELLS * count)
          throw new Error(`Figures are lost: figure=${figure}`);
    },
  }),
};

const READ: Configuration = {
  name: "the parent reads figures about children while a worker tells them",
  about: "add against load",
  arrange: (world) => ({
    parts: [
      {
        name: "parent",
        run: (actor) => {
          const { queue, views } = world;
          actor.ready();
          if (queue.childFigures(views).inPlace > TELLS)
            throw new Error("Figures are counted twice.");
        },
      },
      { name: "worker", run: (actor) => tellFigures(actor, world) },
    ],
  }),
};

/** Two owners number buffers, as each does before it posts one. */
const NUMBERED: Configuration = {
  name: "two owners number their buffers at a time",
  about: "no two buffers have one number",
  arrange: (world) => {
    const number = (slot: number): Part => ({
      name: `owner ${slot}`,
      run: (actor) => {
        const { queue, views } = world;
        actor.ready();
        queue.announceStart(views, slot);
        const gate = new queue.WorkerGate(views, slot);
        for (let i = 0; i < 2; i++) {
          actor.checkpoint("numbers", i, gate);
          actor.note({ number: queue.nextBufferNumber(gate) });
        }
      },
    });
    return {
      parts: [number(0), number(1)],
      check: (end) =>
        checkDistinct(
          [0, 1].flatMap((at) => end.notesOf(at) as Note[]),
          "number",
        ),
    };
  },
};

export const HELPERS: readonly Configuration[] = [
  TOLD,
  READ,
  NUMBERED,
  scene({
    name: "a helper goes to sleep while a child of its tree is offered",
    about: "enter, look and park against offer",
    workers: [{ owner: { root: 0, children: [1] } }, { helper: HELPER }],
  }),
  scene({
    name: "two helpers, two children, one after the other",
    about: "a helper that has gone is not woken in place of another",
    workers: [{ owner: { root: 0, children: [1, 2] } }, { helper: HELPER }, { helper: HELPER }],
  }),
  scene({
    name: "two helpers, two children at a time",
    about: "each offer wakes another helper",
    workers: [
      { owner: { root: 0, children: [1, 2], together: true } },
      { helper: HELPER },
      { helper: HELPER },
    ],
  }),
  scene({
    name: "a helper of another tree sleeps beside one of this tree",
    about: "only helpers of the tree are woken, and take the child",
    workers: [
      { owner: { root: 0, children: [1] } },
      { helper: { root: 1, most: 1 } },
      { helper: HELPER },
    ],
  }),
  scene({
    name: "a helper is killed before a child is offered",
    about: "a dead helper is not woken in place of a live one",
    workers: [
      { owner: { root: 0, children: [1], waitsForParent: true } },
      { helper: HELPER },
      { helper: HELPER },
    ],
    mayDie: [1],
    act: (parent, actor) => {
      parent.kill(1);
      startSignal(actor).set();
    },
  }),
  scene({
    name: "an owner asks a child to stop that waits for it",
    about: "stop against look and park of the taker",
    workers: [
      { owner: { root: 0, children: [1, 2], stops: 1 } },
      { helper: { ...HELPER, most: 2, untilStopped: 1 } },
    ],
  }),
  scene({
    name: "the parent of the pool stops the request of a child that waits for it",
    about: "stop, and a look for takers, against take, look and park",
    workers: [{ owner: { root: 0, children: [1] } }, { helper: { ...HELPER, untilStopped: 1 } }],
    act: (_, __, { queue, views }) => {
      queue.requestStop(views, 0);
      for (const slot of queue.takersFor(views, { task: 0, generation: 0 }))
        queue.unpark(views, slot);
    },
  }),
  scene({
    name: "a helper is killed while it runs a child",
    about: "the owner waits for the outcome, and the burial tells it",
    workers: [{ owner: { root: 0, children: [1] } }, { helper: { ...HELPER, untilStopped: 1 } }],
    mayDie: [1],
    act: (parent, actor) => {
      takenOf(actor, 1).until();
      parent.kill(1);
    },
  }),
  scene({
    name: "a helper stalls while the cell that it looks at gets a child of another tree",
    about: "the generation of a cell",
    workers: [
      { owner: { root: 0, nextRoot: 1, children: [1, 2], takesBack: true } },
      { helper: HELPER },
    ],
  }),
  scene({
    name: "a taker looks whether an outcome was read",
    about: "finish and look against read and free",
    workers: [
      { owner: { root: 0, children: [1, 2] } },
      { helper: { ...HELPER, most: 2, forgets: true } },
    ],
  }),
  scene({
    name: "workers begin to listen while a buffer is posted",
    about: "count, post and offer against listen and count",
    workers: [
      { owner: { root: 0, children: [1, 2], together: true, posts: [1, 2] } },
      { helper: { ...HELPER, listens: true } },
      { helper: { ...HELPER, listens: true } },
    ],
    check: (notes) => {
      checkDistinct(notes, "listener");
      checkDistinct(notes, "number");
    },
  }),
];
