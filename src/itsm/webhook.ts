import { z } from "zod";
import type { Adapter, MirroredChange, Outside } from "./model.ts";
import { filledField, type WebhookSettings } from "./settings.ts";

/**
 * Any system that takes a signed webhook: one message for the record, one for each note. A message's id
 * is the same over every try, so the receiver knows what it has taken. Its state comes back as a
 * signed report. Pure but for what `ask` does.
 */
const answerSchema = z.looseObject({
  key: z.string().min(1).max(100).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(1_000)
    .optional(),
  state: z.string().min(1).max(80).optional(),
});

export function webhook(settings: WebhookSettings): Adapter {
  const fieldsOf = (change: MirroredChange) =>
    Object.fromEntries(
      Object.entries(settings.fields).map(([name, value]) => {
        const text = filledField(value, change);
        return [name, typeof text === "string" ? text : JSON.stringify(text)];
      }),
    );
  const message = (type: string, change: MirroredChange, more: object) => {
    const { id, ...words } = change;
    const state = settings.states[change.state] ?? change.state;
    return {
      type,
      data: { change: id, ...words, outsideState: state, fields: fieldsOf(change), ...more },
    };
  };
  return {
    isAsked: false,
    settleMs: 0,
    fieldsOf: (change) => ({ ...fieldsOf(change), state: change.state }),
    async test(ask) {
      await ask({ method: "POST", path: "", body: { type: "itsm.test", data: {} } });
      return "the test message was taken";
    },
    find: async () => null,
    async create(ask, change, at) {
      const body = message("change.mirrored", change, { entry: at });
      const answer = await ask({ method: "POST", path: "", body, id: `${change.id}.record.${at}` });
      const said = answerSchema.safeParse(answer ?? {});
      return {
        id: change.id,
        key: (said.success ? said.data.key : undefined) ?? `C-${change.number}`,
        url: (said.success ? said.data.url : undefined) ?? null,
        state: (said.success ? said.data.state : undefined) ?? "",
        isStopped: false,
        fields: {},
      } satisfies Outside;
    },
    read: async () => null,
    async write(ask, { change, at }) {
      const body = message("change.mirrored", change, { entry: at });
      await ask({ method: "POST", path: "", body, id: `${change.id}.record.${at}` });
    },
    hasNote: async () => false,
    async note(ask, { change, note }) {
      const body = message("change.noted", change, { entry: note.index, note: note.text });
      await ask({ method: "POST", path: "", body, id: `${change.id}.note.${note.index}` });
    },
    move: async () => null,
  };
}
