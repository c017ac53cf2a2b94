import {
  Bun,
  checkKnownOptions,
  clearTimeout,
  describeValue,
  Error,
  Promise,
  setTimeout,
  TypeError,
  URL,
} from "../runtime/index.ts";
import type { GlobalRedisClient, GlobalTLSOptions } from "../runtime/index.ts";
import { ThreadPoolError } from "../errors.ts";
import type { ConnectionOptions, Engine } from "./engine.ts";

/** How to reach the Redis server. Credentials are never printed. */
export interface ClusterConnectionOptions {
  /** Such as `redis://user:password@host:6379/0`, and `rediss://` for TLS; instead of the other options but `tls`. */
  readonly url?: string | undefined;
  /** `127.0.0.1` when left out. */
  readonly host?: string | undefined;
  /** 6379 when left out. */
  readonly port?: number | undefined;
  /** The user of the server's access list. */
  readonly username?: string | undefined;
  /** The password. */
  readonly password?: string | undefined;
  /** The number of the database, 0 when left out. */
  readonly db?: number | undefined;
  /** `true`, or what Bun's client takes as `tls`, such as `{ ca, cert, key }`. */
  readonly tls?: boolean | GlobalTLSOptions | undefined;
}

/** A URL, the parts of one, or a client of Bun whose copies are used. */
export type ClusterConnection = string | ClusterConnectionOptions | GlobalRedisClient;

const KNOWN = {
  url: true,
  host: true,
  port: true,
  username: true,
  password: true,
  db: true,
  tls: true,
} satisfies Record<keyof ClusterConnectionOptions, true>;

/** How long BullMQ's adapter waits before it connects again. Left alone, it waits up to 20 seconds. */
const RECONNECT_MS = 1000;
/** How long a server may take to answer the first command. */
const CONNECT_TIMEOUT_MS = 5000;

/** The parts of BullMQ's adapter of Bun's client that are used here. */
interface Adapter {
  maxReconnectDelay: number;
  status: string;
  duplicate: (...options: unknown[]) => Adapter;
  disconnect: (reconnect?: boolean) => void;
  connect: () => Promise<void>;
  on: (event: "error", listener: (error: Error) => void) => void;
}

/** One connection to the server, made by Bun's own client, that connects again by itself when it is lost. */
export interface Link {
  /** What the classes of BullMQ take as `connection`. */
  readonly connection: ConnectionOptions;
  /** Sends one command. Rejects while the connection is lost. */
  readonly send: (command: string, args: readonly string[]) => Promise<unknown>;
  /** Ends the connection and makes a new one: for a server that does not answer. */
  readonly restart: () => void;
  readonly close: () => void;
}

/** Where the server is, and how to make connections to it. */
export class RedisServer {
  readonly #make: () => Promise<Bun.RedisClient>;
  /** The address without credentials, for messages. */
  readonly address: string;

  /** @throws TypeError when the connection is none */
  constructor(connection: unknown) {
    if (connection instanceof Bun.RedisClient) {
      this.address = "that of the client that was passed";
      this.#make = () => connection.duplicate();
      return;
    }
    const { url, tls } = targetOf(connection);
    this.address = `${url.hostname}:${url.port === "" ? "6379" : url.port}`;
    const options = {
      autoReconnect: false,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      ...(tls === undefined ? {} : { tls }),
    };
    this.#make = () => Promise.resolve(new Bun.RedisClient(url.href, options));
  }

  /**
   * Makes a connection, and waits until the server answers.
   *
   * @throws ThreadPoolError when the server does not answer in time, or refuses
   */
  async open(engine: Engine): Promise<Link> {
    const raw = await this.#make();
    await within(raw.connect(), CONNECT_TIMEOUT_MS, this.address, () => raw.close());
    const adapter = engine.createBunRedisClient(raw) as unknown as Adapter;
    const copies: Adapter[] = [adapter];
    hasten(adapter, copies);
    const sender = adapter as unknown as { sendCommand: Link["send"] };
    return {
      connection: adapter as unknown as ConnectionOptions,
      send: (command, args) => sender.sendCommand(command, args),
      restart: () => adapter.disconnect(true),
      close() {
        for (const copy of copies) end(copy);
      },
    };
  }
}

/** Lets an adapter, and the copies that BullMQ makes of it for blocking commands, connect again soon. */
function hasten(adapter: Adapter, copies: Adapter[]): void {
  adapter.maxReconnectDelay = RECONNECT_MS;
  // Without a listener, a lost connection would be an uncaught exception.
  adapter.on("error", () => {});
  const duplicate = adapter.duplicate.bind(adapter);
  adapter.duplicate = (...options) => {
    const copy = duplicate(...options);
    copies.push(copy);
    hasten(copy, copies);
    return copy;
  };
}

/** Ends a connection for good. While the server is away, the adapter itself would go on trying to connect. */
function end(adapter: Adapter): void {
  adapter.disconnect();
  adapter.status = "end";
  // A worker of BullMQ that is about to notice the loss of its connection would make another one.
  adapter.connect = () => Promise.reject(new Error("The connection is closed."));
}

async function within(
  connecting: Promise<unknown>,
  limitMs: number,
  address: string,
  giveUp: () => void,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([connecting, late]);
  } catch (error) {
    giveUp();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ThreadPoolError(
      `No Redis server that lets us in answers there; start one, or correct connection: server=${address} reason=${reason}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function targetOf(connection: unknown): { url: URL; tls?: boolean | Bun.TLSOptions | undefined } {
  if (typeof connection === "string") return { url: parse(connection) };
  if (typeof connection !== "object" || connection === null)
    throw new TypeError(
      `connection is a URL such as "redis://127.0.0.1:6379", or { host, port, username, password, db, tls }, or a RedisClient: connection=${describeValue(connection)}`,
    );
  checkKnownOptions(connection, KNOWN, "connection");
  const {
    url,
    host = "127.0.0.1",
    port = 6379,
    username,
    password,
    db = 0,
    tls,
  } = connection as ClusterConnectionOptions;
  if (url !== undefined) return { url: parse(url), tls };
  const target = parse(`redis://${host.includes(":") ? `[${host}]` : host}:${port}/${db}`);
  target.username = encodeURIComponent(username ?? "");
  target.password = encodeURIComponent(password ?? "");
  return { url: target, tls };
}

/** The text of the URL may hold a password: no message has it. */
function parse(text: unknown): URL {
  if (typeof text === "string" && URL.canParse(text)) {
    const url = new URL(text);
    if (/^(redis|rediss|valkey|valkeys):$/.test(url.protocol)) return url;
  }
  throw new TypeError(
    "The url of connection begins with redis:// or rediss:// and names a host, as in redis://127.0.0.1:6379; the one that was given does not.",
  );
}
