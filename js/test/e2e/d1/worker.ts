/** A worker whose ledger is in D1: it plays and reviews the main job, holds the laws of its store, and commits for a caller that may go. */
import type { D1Database } from "@cloudflare/workers-types";
import { type Batch, createLedger, resolveRegions } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { d1Storage } from "sms-ledger/d1";
import { type Severable, type Subject, skippedLaws, storageConformance } from "sms-ledger/testing";
import { refusing } from "../../support/trigger.ts";
import { hold, play, played_at, review } from "../shared/job.ts";

interface Environment {
  DB: D1Database;
  SELF: { fetch(url: string, init: RequestInit): Promise<Response> };
}

/** A handle that has another call of this worker commit, and breaks that call off: the platform ends it wherever it is. */
function severable({ DB, SELF }: Environment): Severable {
  const storage = d1Storage(DB);
  const line = new AbortController();
  return {
    storage: {
      get: (partition, keys) => storage.get(partition, keys),
      list: (partition, range) => storage.list(partition, range),
      async commit(partition, batch) {
        const body = JSON.stringify({ partition, batch });
        const response = await SELF.fetch("https://self/commit", {
          method: "POST",
          body,
          signal: line.signal,
        });
        return response.json();
      },
    },
    sever: () => line.abort(),
  };
}

function subjectOf(environment: Environment): Subject {
  const database = environment.DB;
  return {
    open: () => d1Storage(database),
    reopen: () => d1Storage(database),
    async failing() {
      await database.batch([database.prepare(refusing("TRIGGER IF NOT EXISTS"))]);
      return d1Storage(database);
    },
    severable: () => severable(environment),
  };
}

async function answer(request: Request, environment: Environment): Promise<unknown> {
  const storage = d1Storage(environment.DB);
  const ledger = createLedger({ storage, catalog: cloutly, now: () => played_at });
  switch (new URL(request.url).pathname) {
    case "/play":
      return play(ledger, resolveRegions);
    case "/review":
      return review(ledger);
    case "/laws": {
      const subject = subjectOf(environment);
      return { ...(await hold(storageConformance(subject))), skipped: skippedLaws(subject) };
    }
    case "/commit": {
      const { partition, batch } = (await request.json()) as { partition: string; batch: Batch };
      return storage.commit(partition, batch);
    }
    default:
      return undefined;
  }
}

export default {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const answered = await answer(request, environment);
    return answered === undefined ? new Response("no such part", { status: 404 }) : Response.json(answered);
  },
};
