import {
  ARM_FOR_RESULTS,
  QueueViews,
  RequestProducer,
  ResultReader,
  TASK_FLAGS,
  TASK_LENGTH,
  awaitWorkers,
  createQueueMemory,
  createResultRing,
  publishSlotsInUse,
  unpark,
  wakeOne,
} from "ringpool/native-queue";

const TASKS = 1024;
const SPIN_US = 50;

/** The first message to a worker of the bare queue. */
export interface BareQueueInit {
  readonly memory: ReturnType<typeof createQueueMemory>;
  readonly ring: SharedArrayBuffer;
  readonly slot: number;
}

/** Sends numbers through `native-queue` alone, without a pool. This is the limit of what a pool on it can reach. */
export function bareQueue(workers: number): {
  roundTrips: (requests: number) => number;
  stop: () => void;
} {
  const memory = createQueueMemory(TASKS, 1 << 16);
  const views = new QueueViews(memory);
  const producer = new RequestProducer(views);
  const free = Array.from({ length: TASKS }, (_, task) => task);
  const url = new URL("./bare-queue-worker.ts", import.meta.url).href;
  const readers: ResultReader[] = [];
  const threads = Array.from({ length: workers }, (_, slot) => {
    const ring = createResultRing(1 << 20);
    readers.push(new ResultReader(ring));
    const init: BareQueueInit = { memory, ring, slot };
    return new Worker(url, { workerData: init } as WorkerOptions);
  });
  publishSlotsInUse(views, workers);
  const hasUnread = (): boolean => readers.some((reader) => reader.hasNext);

  const put = (value: number): void => {
    if (!producer.hasRoom())
      throw new Error("The bare queue exchanges 1024 requests at once at most.");
    const task = free.pop() as number;
    const first = views.task(task);
    views.words[first + TASK_LENGTH] = 8;
    views.words[first + TASK_FLAGS] = 0;
    views.taskFloats[views.inline(task) / 8] = value;
    producer.put(task);
    wakeOne(views);
  };

  const roundTrips = (requests: number): number => {
    for (let i = 0; i < requests; i++) put(i);
    let sum = 0;
    for (let left = requests; left > 0;) {
      awaitWorkers(views, ARM_FOR_RESULTS, hasUnread, SPIN_US, Infinity);
      for (const [slot, reader] of readers.entries()) {
        while (reader.next()) {
          sum += reader.floats[reader.start / 8] as number;
          producer.release(reader.task);
          free.push(reader.task);
          left--;
        }
        if (reader.commit()) unpark(views, slot);
      }
    }
    return sum;
  };
  return { roundTrips, stop: () => threads.forEach((thread) => thread.terminate()) };
}
