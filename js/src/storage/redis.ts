/**
 * A store in Redis 6 or newer (or Valkey), whose client is passed in. Each commit is one Lua script, which the server runs by itself: nothing
 * comes between its checks and its writes. No rule of the ledger lives here.
 *
 * An account is a hash of its documents and a sorted set of their keys, which Redis keeps in byte order; both are in one
 * slot of a cluster. A document's field is its revision, a space, and its value. Nothing is ever given a time to live.
 */
import { digest, within } from "../host.ts";
import type { Batch, CommitResult, Entry, Range, Storage } from "./contract.ts";
import { checkClient, checkOptions, milliseconds } from "./given.ts";
import { boundsOf } from "./order.ts";

/** Sends a command, its name first, to the server that has `key`, and gives the reply. */
export type SendRedisCommand = (command: string[], key: string) => Promise<unknown>;

/** What is used of a client of `redis` (node-redis). */
export interface NodeRedisClient {
  sendCommand(command: string[]): Promise<unknown>;
}

/** What is used of a client, or a cluster, of `ioredis`. */
export interface IoRedisClient {
  call(name: string, ...parameters: string[]): Promise<unknown>;
}

export interface RedisOptions {
  /** What the names of all keys begin with: `sms-ledger:` unless given. Without braces, which say where a key belongs in a cluster. */
  prefix?: string;
  /** How long an answer is waited for, in milliseconds: 10,000 unless given. Then the outcome is unknown. */
  timeoutMs?: number;
}

const timeout_ms = 10_000;

/** Fields in one call of a command within a script, which takes its parameters from Lua's stack of 8,000. */
const chunk = 2_000;

/**
 * Parameters: the revision to give, the number of checks, for each a key and its revision (empty where it must be absent),
 * then for each write its kind, its key and, of a put, its value. Gives the stale keys.
 *
 * A script's writes are not taken back where it fails in their middle, so all that can make one fail is met before the first:
 * too little memory or too few replicas is told then, and what is no sorted set by asking for its size.
 *
 * Where a client sent a commit twice, because it lost the connection and with it the answer, what the first one has written
 * bears the very revision that the second would give: then it is applied, and not stale.
 */
const commit_script = `
local documents, keys, revision = KEYS[1], KEYS[2], ARGV[1]
local function stored(key)
  local document = redis.call('HGET', documents, key)
  return document and string.sub(document, 1, string.find(document, ' ', 1, true) - 1) or ''
end
local stale, at = {}, 3
for _ = 1, tonumber(ARGV[2]) do
  if stored(ARGV[at]) ~= ARGV[at + 1] then stale[#stale + 1] = ARGV[at] end
  at = at + 2
end
local first = at
while at <= #ARGV and #stale > 0 do
  if ARGV[at] == 'put' and stored(ARGV[at + 1]) == revision then return {} end
  at = at + (ARGV[at] == 'put' and 3 or 2)
end
if #stale > 0 then return stale end
redis.call('ZCARD', keys)
at = first
while at <= #ARGV do
  local key = ARGV[at + 1]
  if ARGV[at] == 'put' then
    if redis.call('HSET', documents, key, revision .. ' ' .. ARGV[at + 2]) == 1 then
      redis.call('ZADD', keys, 0, key)
    end
    at = at + 3
  else
    redis.call('HDEL', documents, key)
    redis.call('ZREM', keys, key)
    at = at + 2
  end
end
return {}
`;

/** Parameters: the command and its bounds, and how many at most. Gives the keys, and what is stored under them. */
const list_script = `
local keys = redis.call(ARGV[1], KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local found = {}
for first = 1, #keys, ${chunk} do
  local last = math.min(first + ${chunk - 1}, #keys)
  for _, document in ipairs(redis.call('HMGET', KEYS[1], unpack(keys, first, last))) do
    found[#found + 1] = document
  end
end
return { keys, found }
`;

/** A script, and the name under which a server keeps it: the SHA-1 of its text. */
class Script {
  readonly #text: string;
  #digest: Promise<string> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Runs it by its name, or, on a server that does not have it yet, by its text. */
  async run(send: SendRedisCommand, keys: readonly [string, string], parameters: string[]): Promise<unknown> {
    const given = [String(keys.length), ...keys, ...parameters];
    this.#digest ??= digest("SHA-1", this.#text);
    try {
      return await send(["EVALSHA", await this.#digest, ...given], keys[0]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return send(["EVAL", this.#text, ...given], keys[0]);
    }
  }
}

const committing = new Script(commit_script);
const listing = new Script(list_script);

/** A partition's name as a hash tag, which ends at its first brace and must not be empty. */
function tagOf(partition: string): string {
  const escaped = partition.replace(/[%{}]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return escaped === "" ? "%" : escaped;
}

class RedisStorage implements Storage {
  /** Of one script, during which the server does nothing else. Redis itself takes a text of 512 MB. */
  readonly limits = { checks: 4_096, writes: 4_096, valueBytes: 16 * 1024 * 1024 };
  readonly #send: SendRedisCommand;
  readonly #prefix: string;
  // A revision is this store's own name and a number. So none is used twice, not even where a server has lost its last
  // commits: one that counts in Redis would give the numbers of the lost ones again.
  readonly #name = crypto.randomUUID().replaceAll("-", "").slice(-16);
  #commits = 0;

  constructor(send: SendRedisCommand, prefix: string) {
    this.#send = send;
    this.#prefix = prefix;
  }

  /** The hash of documents and the sorted set of keys. */
  #keys(partition: string): [string, string] {
    const name = `${this.#prefix}{${tagOf(partition)}}`;
    return [`${name}:documents`, `${name}:keys`];
  }

  async get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]> {
    if (keys.length === 0) return [];
    const [documents] = this.#keys(partition);
    const found = (await this.#send(["HMGET", documents, ...keys], documents)) as (string | null)[];
    return keys.map((key, at) => entryOf(key, found[at]));
  }

  async list(partition: string, range: Range): Promise<Entry[]> {
    const { from, beyond, to } = boundsOf(range);
    const [low, high] = [`${beyond ? "(" : "["}${from}`, to === undefined ? "+" : `(${to}`];
    const bounds = range.reverse === true ? ["ZREVRANGEBYLEX", high, low] : ["ZRANGEBYLEX", low, high];
    const reply = await listing.run(this.#send, this.#keys(partition), [...bounds, String(range.limit)]);
    const [keys, found] = reply as [string[], string[]];
    return keys.map((key, at) => entryOf(key, found[at]) ?? broken(key));
  }

  async commit(partition: string, { checks, writes }: Batch): Promise<CommitResult> {
    this.#commits += 1;
    const revision = `${this.#name}-${this.#commits.toString(36)}`;
    const parameters = [revision, String(checks.length)];
    for (const check of checks) parameters.push(check.key, check.revision ?? "");
    for (const write of writes) {
      parameters.push(write.op, write.key);
      if (write.op === "put") parameters.push(write.value);
    }
    const stale = (await committing.run(this.#send, this.#keys(partition), parameters)) as string[];
    return stale.length === 0 ? { ok: true, revision } : { ok: false, stale };
  }
}

function entryOf(key: string, stored: string | null | undefined): Entry | null {
  if (stored === null || stored === undefined) return null;
  const space = stored.indexOf(" ");
  return { key, revision: stored.slice(0, space), value: stored.slice(space + 1) };
}

function broken(key: string): never {
  throw new Error(`the key \`${key}\` is listed, yet there is no document under it`);
}

function sending(client: NodeRedisClient | IoRedisClient | SendRedisCommand): SendRedisCommand {
  if (typeof client === "function") return client;
  if ("call" in client) return ([name = "", ...parameters]) => client.call(name, ...parameters);
  return (command) => client.sendCommand(command);
}

/**
 * A store behind `client`: a connected client of `redis` or `ioredis`, or a function that sends a command, for others and for node-redis's clusters
 * (`(command, key) => cluster.sendCommand(key, false, command)`). It is durable as far as the server is: run it with `appendonly yes` and
 * `appendfsync always`, and with `maxmemory-policy noeviction`.
 */
export function redisStorage(
  client: NodeRedisClient | IoRedisClient | SendRedisCommand,
  options: RedisOptions = {},
): Storage {
  const valid = "a client of `redis` or `ioredis`, or a function that sends a command";
  const sends = typeof client === "function" ? [] : ["call" in Object(client) ? "call" : "sendCommand"];
  checkClient("client", client, sends, valid);
  checkOptions(options, {
    prefix: (value) =>
      typeof value === "string" && !/[{}]/.test(value) ? undefined : "must be a string without braces",
    timeoutMs: milliseconds,
  });
  const { prefix = "sms-ledger:", timeoutMs = timeout_ms } = options;
  const send = sending(client);
  return new RedisStorage(
    (command, key) => within(send(command, key), timeoutMs, "Redis has not answered"),
    prefix,
  );
}
