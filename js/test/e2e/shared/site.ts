/** A site on loopback: the built package as browsers get it, and the tests' pages. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";

const e2e = path.join(import.meta.dirname, "..");
const dist = path.join(e2e, "../../../pkg/dist");
const types = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".ts", "text/javascript; charset=utf-8"],
]);

/** The pages, and what they import beside the package. */
const served = new Map([
  ["/", "page/index.html"],
  ["/page.ts", "page/page.ts"],
  ["/stores", "page/stores.html"],
  ["/stores.ts", "page/stores.ts"],
  ["/shared/job.ts", "shared/job.ts"],
  ["/shared/writer.ts", "shared/writer.ts"],
]);

/** The file behind a path of the site, and nothing outside of its folders. */
function fileOf(url: string): string | undefined {
  const { pathname } = new URL(url, "http://page");
  const file = served.get(pathname);
  if (file !== undefined) return path.join(e2e, file);
  return pathname.startsWith("/dist/")
    ? path.join(dist, path.normalize(pathname.slice("/dist".length)))
    : undefined;
}

export interface Site {
  url: string;
  close(): void;
}

export async function serve(): Promise<Site> {
  const server = createServer(async (request, response) => {
    const file = fileOf(request.url ?? "/");
    try {
      const content = await readFile(file ?? "", "utf8");
      const sent = file?.endsWith(".ts") ? stripTypeScriptTypes(content) : content;
      response.setHeader("content-type", types.get(path.extname(file ?? "")) ?? "text/plain");
      response.end(sent);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
