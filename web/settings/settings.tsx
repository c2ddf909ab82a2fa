import { Tabs } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Go, useGo } from "../app/go.tsx";
import { NoPage } from "../app/no-page.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { DirectoriesPart } from "./directories.tsx";
import { EventSinksPart } from "./event-sinks.tsx";
import { FactorsPart } from "./factors.tsx";
import { FeedsPart } from "./feeds.tsx";
import { ItsmPart } from "./itsm.tsx";
import { KeysPart } from "./keys.tsx";
import { PackageSourcesPart } from "./package-sources.tsx";
import { PasswordPart } from "./password.tsx";
import { PeoplePart } from "./people.tsx";
import { PolicyPart } from "./policy.tsx";
import { RecordsPart } from "./records.tsx";
import { RolesPart } from "./roles.tsx";
import { SessionsPart } from "./sessions.tsx";
import { TokensPart } from "./tokens.tsx";

const parts: readonly (readonly [name: string, title: string, part: () => ReactNode])[] = [
  ["people", "People", () => <PeoplePart />],
  ["directories", "Directories", () => <DirectoriesPart />],
  ["roles", "Roles", () => <RolesPart />],
  ["sign-in", "My sign-in", () => <FactorsPart />],
  ["sessions", "Where I am signed in", () => <SessionsPart />],
  ["tokens", "My tokens", () => <TokensPart />],
  ["keys", "My approver keys", () => <KeysPart />],
  ["password", "My password", () => <PasswordPart />],
  ["feeds", "Feeds", () => <FeedsPart />],
  ["sources", "Package sources", () => <PackageSourcesPart />],
  ["policy", "Policy", () => <PolicyPart />],
  ["records", "Records", () => <RecordsPart />],
  ["events", "Events to others", () => <EventSinksPart />],
  ["itsm", "ITSM systems", () => <ItsmPart />],
];

/** What concerns whoever is signed in; the rest is everybody's. Each has its own row of tabs. */
const mine = ["sign-in", "sessions", "tokens", "keys", "password"];

export function SettingsPage() {
  const { part } = useParams({ strict: false });
  const go = useGo();
  const chosen = parts.find(([name]) => name === part);
  if (chosen === undefined) return <NoPage />;
  const [name, title, page] = chosen;
  const isMine = mine.includes(name);
  return (
    <>
      <PageHead
        title={isMine ? `My account: ${title}` : `Settings: ${title}`}
        actions={
          isMine ? (
            <Go href="/settings/people">Settings of this server</Go>
          ) : (
            <Go href="/settings/sign-in">My account</Go>
          )
        }
      />
      <Tabs value={name} onChange={(next) => go(`/settings/${next ?? "people"}`)}>
        <Tabs.List aria-label="Settings" mb="md">
          {parts
            .filter(([value]) => mine.includes(value) === isMine)
            .map(([value, label]) => (
              <Tabs.Tab key={value} value={value}>
                {label}
              </Tabs.Tab>
            ))}
        </Tabs.List>
        <Tabs.Panel value={name}>{page()}</Tabs.Panel>
      </Tabs>
    </>
  );
}
