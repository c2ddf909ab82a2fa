import { Button, Tooltip } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import { actionFor } from "../parts/actions.tsx";
import { problemText } from "../parts/problem.tsx";

export type FixFirstItem = Reply<"/api/v1/fix-first">["items"][number];

/** The case of an update, or the button that opens one. */
export function OpenCase({ item }: { readonly item: FixFirstItem }) {
  const go = useGo();
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/patches", {
          body: { source: item.source, ecosystem: item.ecosystem },
        }),
      ),
    ["patches", "findings"],
  );
  if (item.case !== null) return <Go href={item.case.href}>{item.case.ref}</Go>;
  const action = actionFor(item.actions, "open");
  if (action === undefined) return null;
  // Where nothing is offered there is nothing to open; the row says so already.
  if (!action.allowed && item.remedy !== "update-offered") {
    return (
      <span className="dim" title={action.reason ?? undefined}>
        –
      </span>
    );
  }
  const failed = deed.isError ? problemText(deed.error) : null;
  const button = (
    <Button
      size="compact-xs"
      variant={action.allowed ? "light" : "default"}
      loading={deed.isPending}
      aria-disabled={!action.allowed}
      {...(action.allowed ? {} : { "data-disabled": true })}
      aria-label={`${action.label ?? action.verb} for ${item.source}`}
      onClick={() => {
        if (!action.allowed) return;
        deed.mutate(undefined, { onSuccess: (reply) => go(`/patches/${reply.patch.ref}`) });
      }}
    >
      {action.label}
    </Button>
  );
  const why = failed ?? action.reason;
  if (why === null) return button;
  return (
    <Tooltip label={why} multiline maw={340} events={{ hover: true, focus: true, touch: true }}>
      {failed === null ? button : <span role="alert">{button} failed</span>}
    </Tooltip>
  );
}
