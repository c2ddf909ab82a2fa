import { z } from "zod";
import { shaped } from "./answer-reading.ts";
import {
  type Adapter,
  type Ask,
  isRefusal,
  type MirroredChange,
  type Outside,
  Trouble,
} from "./model.ts";
import { markOf } from "./servicenow.ts";
import { type FieldValue, filledField, type JiraSettings } from "./settings.ts";

const WRONG = "The answer is none of Jira's REST API; is the address that of a site?";

/**
 * Jira and Jira Service Management Cloud, REST API version 3. An issue is ours by its label and by the
 * property `fettle` that holds the change's id; texts are documents of the Atlassian Document Format;
 * states are reached by the transitions that the issue offers. Pure but for what `ask` does.
 */
const API = "/rest/api/3";
const PROPERTY = "fettle";
const SUMMARY_MAX = 255;

const status = z.looseObject({ name: z.string() });
const issueSchema = z.looseObject({
  id: z.string(),
  key: z.string(),
  fields: z.looseObject({ summary: z.string().catch(""), status }),
});
const created = z.looseObject({ id: z.string(), key: z.string() });
const found = z.looseObject({ issues: z.array(issueSchema).max(100) });
const transitionsSchema = z.looseObject({
  transitions: z.array(z.looseObject({ id: z.string(), to: status })).max(200),
});
const comments = z.looseObject({
  comments: z.array(z.looseObject({ body: z.unknown() })).max(5000),
});
const myself = z.looseObject({ displayName: z.string() });

/** A text as a document: one paragraph a line. */
export function documentOf(text: string): unknown {
  const paragraph = (line: string): unknown => ({
    type: "paragraph",
    content: line === "" ? [] : [{ type: "text", text: line }],
  });
  return { type: "doc", version: 1, content: text.split("\n").map(paragraph) };
}

export function labelOf(id: string): string {
  return `fettle-${id}`;
}

export function jira(settings: JiraSettings, base: string): Adapter {
  const shape = shapeOf(settings, base);
  return {
    isAsked: true,
    // The index that answers searches is behind what was written.
    settleMs: 60_000,
    fieldsOf: (change) => ({ summary: String(shape.asSent(change)["summary"]) }),
    ...reading(shape, settings),
    ...writing(shape, settings),
  };
}

interface Shape {
  readonly asSent: (change: MirroredChange) => Record<string, unknown>;
  readonly outsideOf: (issue: z.output<typeof issueSchema>) => Outside;
  readonly readIssue: (ask: Ask, id: string) => Promise<Outside>;
}

function shapeOf(settings: JiraSettings, base: string): Shape {
  const mapped: Readonly<Record<string, FieldValue>> = {
    summary: "{title}",
    description: "{reason}\n{backout}",
    ...settings.fields,
  };
  const outsideOf: Shape["outsideOf"] = ({ id, key, fields: { status: at, summary } }) => {
    const url = `${base}/browse/${encodeURIComponent(key)}`;
    return { id, key, url, state: at.name, isStopped: false, fields: { summary } };
  };
  return {
    outsideOf,
    asSent: (change) =>
      Object.fromEntries(
        Object.entries(mapped).map(([name, value]) => {
          const text = filledField(value, change);
          if (name === "summary") return [name, oneLine(String(text))];
          const isDocument = name === "description" || name === "environment";
          return [name, isDocument ? documentOf(String(text)) : text];
        }),
      ),
    async readIssue(ask, id) {
      const path = `${issuePath(id)}?fields=summary,status`;
      return outsideOf(shaped(issueSchema, await ask({ method: "GET", path, body: null }), WRONG));
    },
  };
}

function issuePath(id: string): string {
  return `${API}/issue/${encodeURIComponent(id)}`;
}

function reading(
  { outsideOf, readIssue }: Shape,
  { project }: JiraSettings,
): Pick<Adapter, "test" | "find" | "read" | "hasNote"> {
  return {
    async test(ask) {
      const me = shaped(
        myself,
        await ask({ method: "GET", path: `${API}/myself`, body: null }),
        WRONG,
      );
      await ask({ method: "GET", path: `${API}/project/${project}`, body: null });
      return `${project} can be read as ${me.displayName.slice(0, 80)}`;
    },
    async find(ask, { id }) {
      const jql = `project = "${project}" AND labels = "${labelOf(id)}" ORDER BY created ASC`;
      const body = { jql, fields: ["summary", "status"], maxResults: 2 };
      const answer = await ask({ method: "POST", path: `${API}/search/jql`, body });
      const [first] = shaped(found, answer, WRONG).issues;
      return first === undefined ? null : outsideOf(first);
    },
    async read(ask, id) {
      try {
        return await readIssue(ask, id);
      } catch (cause) {
        if (cause instanceof Trouble && cause.kind === "gone") return null;
        throw cause;
      }
    },
    async hasNote(ask, outside, { index }) {
      const path = `${issuePath(outside.id)}/comment?orderBy=-created&maxResults=100`;
      const answer = shaped(comments, await ask({ method: "GET", path, body: null }), WRONG);
      return answer.comments.some(({ body }) => JSON.stringify(body ?? "").includes(markOf(index)));
    },
  };
}

function writing(
  { asSent, readIssue }: Shape,
  settings: JiraSettings,
): Pick<Adapter, "create" | "write" | "note" | "move"> {
  return {
    async create(ask, change) {
      const fields = {
        ...asSent(change),
        project: { key: settings.project },
        issuetype: { name: settings.issueType },
        labels: ["fettle", labelOf(change.id)],
      };
      const properties = [{ key: PROPERTY, value: { change: change.id, number: change.number } }];
      const body = { fields, properties };
      const { id } = shaped(
        created,
        await ask({ method: "POST", path: `${API}/issue`, body }),
        WRONG,
      );
      return readIssue(ask, id);
    },
    async write(ask, { outside, change }) {
      const update = { labels: [{ add: labelOf(change.id) }] };
      const path = `${issuePath(outside.id)}?notifyUsers=false`;
      await ask({ method: "PUT", path, body: { fields: asSent(change), update } });
    },
    async note(ask, { outside, note }) {
      const body = { body: documentOf(`${note.text} ${markOf(note.index)}`) };
      await ask({ method: "POST", path: `${issuePath(outside.id)}/comment`, body });
    },
    async move(ask, { outside, change }) {
      const wanted = settings.states[change.state];
      if (wanted === undefined || isSame(wanted, outside.state)) return null;
      const path = `${issuePath(outside.id)}/transitions`;
      const answer = await ask({ method: "GET", path, body: null });
      const way = shaped(transitionsSchema, answer, WRONG).transitions.find(({ to }) =>
        isSame(to.name, wanted),
      );
      if (way === undefined) {
        return `Jira offers no way from ${outside.state} to ${wanted}; the change is ${change.state}.`;
      }
      try {
        await ask({ method: "POST", path, body: { transition: { id: way.id } } });
        return null;
      } catch (cause) {
        if (!isRefusal(cause)) throw cause;
        return `Jira does not let the issue into ${wanted}: ${cause.message}`;
      }
    },
  };
}

function isSame(one: string, two: string): boolean {
  return one.toLowerCase() === two.toLowerCase();
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= SUMMARY_MAX ? line : `${line.slice(0, SUMMARY_MAX - 1)}…`;
}
