import { ActionIcon, Badge, Button, Kbd, Menu, useMantineColorScheme } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Outlet, useLocation } from "@tanstack/react-router";
import { Fragment, lazy, Suspense, useEffect, useState } from "react";
import { ProofDialog } from "../identity/proof-dialog.tsx";
import { Mark } from "../parts/mark.tsx";
import { RestoreBanner } from "../restore/restore-banner.tsx";
import { api, ask } from "./api.ts";
import { Go, useGo } from "./go.tsx";
import { Icon } from "./icons.tsx";
import { startLive, useLiveState } from "./live.ts";
import { isAt, isWithin, places } from "./places.ts";
import { useAnswer } from "./queries.ts";
import { signOut, useMe } from "./session.ts";

const Palette = lazy(() => import("./palette.tsx").then((file) => ({ default: file.Palette })));

/** What stands around every page for somebody who is signed in. */
export function Shell() {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const path = useLocation({ select: (location) => location.pathname });
  useEffect(startLive, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu.
  useEffect(() => setMenuOpen(false), [path]);
  useHotkeys([
    ["mod+K", () => setPaletteOpen(true)],
    ["/", focusFilter],
  ]);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <header>
        <ActionIcon
          className="burger"
          variant="subtle"
          color="gray"
          aria-label="Menu"
          aria-expanded={isMenuOpen}
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          <Icon name="menu" />
        </ActionIcon>
        <Go href="/" isPlain style={{ fontWeight: 700, fontSize: 17, display: "flex", gap: 8 }}>
          <img src="/mark.svg" width="24" height="24" alt="" />
          Fettle
        </Go>
        <Button
          variant="default"
          ml="auto"
          onClick={() => setPaletteOpen(true)}
          leftSection={<Icon name="search" />}
          rightSection={
            <Kbd size="xs" className="wide-only">
              Ctrl K
            </Kbd>
          }
        >
          Find or do
        </Button>
        <Live />
        <Person />
      </header>
      <nav className={isMenuOpen ? "is-open" : ""} aria-label="Main">
        <Places path={path} />
      </nav>
      <main id="main" tabIndex={-1} style={{ outline: "none" }}>
        <RestoreBanner />
        <Outlet />
      </main>
      <ProofDialog />
      {isPaletteOpen && (
        <Suspense>
          <Palette onClose={() => setPaletteOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}

function focusFilter(): void {
  document.querySelector<HTMLInputElement>("[data-filter]")?.focus();
}

function Places({ path }: { readonly path: string }) {
  const inbox = useAnswer({
    key: ["changes", "waiting"],
    topics: ["changes"],
    load: (signal) =>
      ask(api.GET("/api/v1/changes", { params: { query: { waiting: "me" } }, signal })),
  });
  const asked = useAnswer({
    key: ["exceptions", "waiting"],
    topics: ["exceptions"],
    load: (signal) =>
      ask(api.GET("/api/v1/exceptions", { params: { query: { waiting: "me" } }, signal })),
  });
  const waiting = (inbox.data?.items.length ?? 0) + (asked.data?.total ?? 0);
  return places.map((place) => (
    <Fragment key={place.href}>
      <Go href={place.href} isPlain aria-current={isAt(path, place.href) ? "page" : undefined}>
        <Icon name={place.icon} />
        {place.title}
        {place.href === "/changes" && waiting > 0 && (
          <Badge className="badge" size="sm" aria-label={`${waiting} wait for you`}>
            {waiting}
          </Badge>
        )}
      </Go>
      {isWithin(path, place) &&
        place.below?.map(({ href, title }) => (
          <Go
            key={href}
            href={href}
            isPlain
            className="below"
            aria-current={isAt(path, href) ? "page" : undefined}
          >
            {title}
          </Go>
        ))}
    </Fragment>
  ));
}

function Live() {
  const state = useLiveState();
  if (state === "live") {
    return (
      <span className="wide-only">
        <Mark tone="good" reason="Changes appear here by themselves as they happen.">
          Live
        </Mark>
      </span>
    );
  }
  return (
    <Mark tone={state === "lost" ? "attention" : "waiting"} reason="What you see may be old.">
      {state === "lost" ? "Reconnecting" : "Connecting"}
    </Mark>
  );
}

function Person() {
  const me = useMe();
  const go = useGo();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button variant="subtle" color="gray" rightSection={<Icon name="down" />}>
          {me.data?.handle ?? "…"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => go("/settings/sign-in")}>My sign-in</Menu.Item>
        <Menu.Item onClick={() => go("/settings/keys")}>My keys</Menu.Item>
        <Menu.Item onClick={() => go("/settings/tokens")}>My tokens</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        {(["light", "dark", "auto"] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme)}
            rightSection={scheme === colorScheme ? "✓" : null}
          >
            {{ light: "Light", dark: "Dark", auto: "As the system" }[scheme]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
