import { Tooltip } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
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
  const button = (
    <GuardedButton
      action={action}
      size="compact-xs"
      variant="light"
      loading={deed.isPending}
      aria-label={`${action.label ?? action.verb} for ${item.source}`}
      onClick={() => deed.mutate(undefined, { onSuccess: (r) => go(`/patches/${r.patch.ref}`) })}
    >
      {action.label}
    </GuardedButton>
  );
  if (!deed.isError) return button;
  return (
    <Tooltip label={problemText(deed.error)} multiline maw={340}>
      <span role="alert">{button} failed</span>
    </Tooltip>
  );
}
