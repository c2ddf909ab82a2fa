import { Button, Checkbox, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import { ApiProblem, api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { type Action, GuardedButton } from "../parts/actions.tsx";
import { Problem } from "../parts/problem.tsx";
import type { hostQuery } from "./host-model.ts";

/** One request of the API names at most so many hosts, a page so many. */
const NAMED_MAX = 10_000;
const PAGE_ROWS = 1_000;

/** Looks at all hosts, or at those that the filters choose. */
export function StartScan(props: {
  readonly action: Action | undefined;
  readonly total: number;
  readonly query: ReturnType<typeof hostQuery>;
}) {
  const { action, total, query } = props;
  const [isOpen, setOpen] = useState(false);
  const [isRefresh, setRefresh] = useState(true);
  const deed = useDeed(() => startScan(query, total, isRefresh), ["scans"]);
  const isAll = Object.keys(query).length === 0;
  const count = total === 1 ? "1 host" : `${total.toLocaleString("en")} hosts`;
  if (total === 0 || action === undefined) return null;
  return (
    <>
      <GuardedButton action={action} onClick={() => setOpen(true)}>
        {isAll ? "Scan all" : `Scan these ${total.toLocaleString("en")}`}
      </GuardedButton>
      {isOpen && (
        <Modal opened onClose={() => setOpen(false)} title={`Scan ${count}`}>
          <Text size="sm" mb="sm">
            The server looks at each host over its own way in and changes nothing there. It goes on
            when you leave this page.
          </Text>
          <Checkbox
            label="Read the package lists anew"
            description="Into private folders, so that offered updates are today's."
            checked={isRefresh}
            onChange={(event) => setRefresh(event.currentTarget.checked)}
          />
          {deed.isError && <Problem cause={deed.error} />}
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => setOpen(false)}>
              Cancel
            </Button>
            <Button
              loading={deed.isPending}
              onClick={() => deed.mutate(undefined, { onSuccess: () => setOpen(false) })}
            >
              Start the scan
            </Button>
          </Group>
        </Modal>
      )}
    </>
  );
}

async function startScan(
  query: ReturnType<typeof hostQuery>,
  total: number,
  isRefresh: boolean,
): Promise<unknown> {
  const refreshLists = isRefresh;
  const { label, ...others } = query;
  const isByLabel = Object.keys(others).length === 0;
  const body = isByLabel
    ? { refreshLists, ...(label === undefined ? {} : { selector: label }) }
    : { refreshLists, hosts: await namesOf(query, total) };
  return ask(api.POST("/api/v1/scans", { body }));
}

async function namesOf(query: ReturnType<typeof hostQuery>, total: number): Promise<string[]> {
  if (total > NAMED_MAX) {
    const most = NAMED_MAX.toLocaleString("en");
    const message = `A scan of hosts chosen by their state takes at most ${most}. Choose by labels, or fewer.`;
    throw new ApiProblem("too-large", message);
  }
  const names: string[] = [];
  for (let skip = 0; skip < total; skip += PAGE_ROWS) {
    const page = { ...query, skip, limit: PAGE_ROWS };
    const { items } = await ask(api.GET("/api/v1/hosts", { params: { query: page } }));
    names.push(...items.map((host) => host.id));
  }
  return names;
}
