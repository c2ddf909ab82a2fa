import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A server that answers as ServiceNow's Table API and Jira Cloud's REST API version 3 do, as far as
 * their public documentation says how: required fields, who may, what is not there, states that are
 * not reached in one step, and answers that fail, come late, come in half or never.
 */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string> }
  /** The work is done, and the answer is lost. */
  | "lost"
  /** The work is done, and half of the answer comes. */
  | "half"
  /** Nothing is done, and no answer comes. */
  | "silent";

export interface MimicRecord {
  readonly id: string;
  readonly key: string;
  fields: Record<string, unknown>;
  state: string;
  notes: string[];
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

type Answer = readonly [status: number, body: unknown];

const snowStates: Readonly<Record<string, string>> = {
  "-5": "New",
  "-4": "Assess",
  "-3": "Authorize",
  "-2": "Scheduled",
  "-1": "Implement",
  "0": "Review",
  "3": "Closed",
  "4": "Canceled",
};

export class ItsmMimic {
  readonly records: MimicRecord[] = [];
  readonly asked: Asked[] = [];
  /** For the next requests whose method and path fit, in order. */
  faults: { readonly when: RegExp; readonly fault: Fault }[] = [];
  /** States that this site's own rules do not let a record into yet. */
  readonly locked = new Set<string>();
  /** Searches do not find what is newer than this many records. */
  unindexed = 0;
  account = "fettle:s3cret";
  token: string | null = null;
  origin = "";
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, reply) => void this.#serve(request, reply));
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  writes(): string[] {
    return this.asked
      .filter(({ method, path }) => method !== "GET" && !path.endsWith("/search/jql"))
      .map(({ method, path }) => `${method} ${path}`);
  }

  async #serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    let text = "";
    for await (const part of request) text += String(part);
    const url = new URL(request.url ?? "/", "http://x");
    const method = request.method ?? "GET";
    const isForm = request.headers["content-type"]?.includes("urlencoded") === true;
    const body = isForm
      ? Object.fromEntries(new URLSearchParams(text))
      : ((text === "" ? {} : JSON.parse(text)) as Record<string, unknown>);
    const asked = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    this.asked.push(asked);
    const at = this.faults.findIndex(({ when }) => when.test(`${method} ${url.pathname}`));
    const fault = at < 0 ? null : (this.faults.splice(at, 1)[0]?.fault ?? null);
    if (fault === "silent") return;
    if (fault !== null && typeof fault === "object") {
      const said = JSON.stringify({ error: { message: "made to fail" } });
      reply.writeHead(fault.status, fault.headers).end(said);
      return;
    }
    const [status, answer] = this.#answer(asked);
    if (fault === "lost") return void request.socket.destroy();
    const whole = status === 204 ? "" : JSON.stringify(answer);
    if (fault === "half") {
      reply.writeHead(status, { "content-length": whole.length });
      reply.write(whole.slice(0, whole.length / 2), () => request.socket.destroy());
      return;
    }
    reply.writeHead(status, { "content-type": "application/json" }).end(whole);
  }

  #answer(asked: Asked): Answer {
    const { path, headers } = asked;
    if (path === "/hook") return [200, { key: "EXT-1", state: "open" }];
    if (path === "/oauth_token.do") return this.#giveToken(asked);
    const basic = `Basic ${Buffer.from(this.account).toString("base64")}`;
    const isKnown =
      this.token === null
        ? headers.authorization === basic
        : headers.authorization === `Bearer ${this.token}`;
    if (!isKnown) return [401, { error: { message: "User Not Authenticated" }, status: "failure" }];
    if (path.startsWith("/api/now/table/")) return this.#snow(asked);
    return this.#jira(asked);
  }

  #giveToken({ body }: Asked): Answer {
    const isRight = `${body["client_id"]}:${body["client_secret"]}` === this.account;
    if (body["grant_type"] !== "client_credentials" || !isRight) {
      return [401, { error: "invalid_client", error_description: "access_denied" }];
    }
    this.token = randomUUID();
    return [200, { access_token: this.token, expires_in: 1799, token_type: "Bearer" }];
  }

  #snow({ method, path, query, body }: Asked): Answer {
    const [, , , , table = "", id] = path.split("/");
    const asked = query.get("sysparm_query") ?? "";
    if (table === "sys_journal_field") {
      const [, of, text] =
        /^element_id=(\w+)\^element=work_notes\^valueLIKE(.*)$/.exec(asked) ?? [];
      const has = this.records
        .find((one) => one.id === of)
        ?.notes.some((n) => n.includes(text ?? "?"));
      return [200, { result: has === true ? [{ sys_id: "j1" }] : [] }];
    }
    const view = (one: MimicRecord): Record<string, unknown> => {
      const pairs = query.get("sysparm_display_value") === "all";
      const values = { ...one.fields, sys_id: one.id, number: one.key, state: one.state };
      const chosen = (query.get("sysparm_fields") ?? "").split(",").filter((f) => f !== "");
      return Object.fromEntries(
        Object.entries(values)
          .filter(([name]) => chosen.length === 0 || chosen.includes(name))
          .map(([name, value]) => {
            const display = name === "state" ? snowStates[String(value)] : String(value);
            return [name, pairs ? { value: String(value), display_value: display } : String(value)];
          }),
      );
    };
    if (method === "GET" && id === undefined) {
      const [, correlation] = /correlation_id=([^^]*)/.exec(asked) ?? [];
      const found = this.records.filter(
        (one) => correlation === undefined || one.fields["correlation_id"] === correlation,
      );
      return [200, { result: found.slice(0, Number(query.get("sysparm_limit") ?? 10)).map(view) }];
    }
    if (method === "POST") {
      if (typeof body["short_description"] !== "string" || body["short_description"] === "") {
        return [
          400,
          { error: { message: "Data policy", detail: "short_description is mandatory" } },
        ];
      }
      const number = `CHG00300${String(this.records.length + 1).padStart(2, "0")}`;
      const defaults = { approval: "not requested", on_hold: "false" };
      const made = {
        ...{ id: randomUUID().replaceAll("-", ""), key: number, state: "-5", notes: [] },
        fields: { ...defaults, ...body },
      };
      this.records.push(made);
      return [201, { result: view(made) }];
    }
    const record = this.records.find((one) => one.id === id);
    if (record === undefined) {
      return [404, { error: { message: "No Record found", detail: "or ACL restricts" } }];
    }
    if (method === "PATCH") {
      const { state, work_notes: note, ...fields } = body;
      // A business rule that aborts: 403 with its message.
      if (typeof state === "string" && this.locked.has(state)) {
        return [403, { error: { message: "Operation Failed", detail: "approvals are missing" } }];
      }
      if (state === "3" && fields["close_code"] === undefined) {
        return [403, { error: { message: "Operation Failed", detail: "close_code is mandatory" } }];
      }
      if (typeof state === "string") record.state = state;
      if (typeof note === "string") record.notes.push(note);
      Object.assign(record.fields, fields);
    }
    return [200, { result: view(record) }];
  }

  #jira({ method, path, body }: Asked): Answer {
    const parts = path.replace("/rest/api/3/", "").split("/");
    const [noun, id, part] = parts;
    const view = (one: MimicRecord) => ({
      ...{ id: one.id, key: one.key },
      fields: { summary: one.fields["summary"], status: { name: one.state } },
    });
    if (noun === "myself") return [200, { accountId: "1", displayName: "Fettle Mirror" }];
    if (noun === "project") {
      return id === "OPS"
        ? [200, { key: "OPS" }]
        : [404, { errorMessages: ["No project"], errors: {} }];
    }
    if (noun === "search") {
      const [, label] = /labels = "([^"]+)"/.exec(String(body["jql"])) ?? [];
      const seen = this.records.slice(0, this.records.length - this.unindexed);
      const found = seen.filter((one) => (one.fields["labels"] as string[]).includes(label ?? ""));
      return [200, { issues: found.map(view) }];
    }
    if (method === "POST" && id === undefined) {
      const fields = body["fields"] as Record<string, unknown>;
      const errors: Record<string, string> = {};
      if (typeof fields["summary"] !== "string") errors["summary"] = "You must specify a summary.";
      const document = fields["description"] as { type?: unknown } | undefined;
      if (document !== undefined && document.type !== "doc") {
        errors["description"] = "Operation value must be an Atlassian Document";
      }
      if (Object.hasOwn(fields, "customfield_1")) {
        errors["customfield_1"] = "Field cannot be set. It is not on the appropriate screen.";
      }
      if (Object.keys(errors).length > 0) return [400, { errorMessages: [], errors }];
      const number = 10_001 + this.records.length;
      const made = {
        id: String(number),
        key: `OPS-${number - 10_000}`,
        state: "To Do",
        notes: [],
        fields,
      };
      this.records.push(made);
      return [201, { id: made.id, key: made.key, self: `${this.origin}${path}/${made.id}` }];
    }
    const record = this.records.find((one) => one.id === id || one.key === id);
    if (record === undefined) {
      return [
        404,
        { errorMessages: ["Issue does not exist or you do not have permission"], errors: {} },
      ];
    }
    if (part === "transitions") {
      const ways = ["To Do", "In Progress", "Done"].filter((to) => to !== record.state);
      const open = ways.filter((to) => !this.locked.has(to));
      if (method === "GET") {
        return [200, { transitions: open.map((to) => ({ id: `t-${to}`, to: { name: to } })) }];
      }
      const to = String((body["transition"] as { id: string }).id).slice(2);
      if (!open.includes(to)) return [400, { errorMessages: ["not valid"], errors: {} }];
      record.state = to;
      return [204, null];
    }
    if (part === "comment") {
      if (method === "POST") record.notes.push(JSON.stringify(body["body"]));
      return [
        method === "POST" ? 201 : 200,
        { comments: record.notes.map((n) => ({ body: JSON.parse(n) })) },
      ];
    }
    if (method === "PUT") {
      Object.assign(record.fields, body["fields"]);
      return [204, null];
    }
    return [200, view(record)];
  }
}
