import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { Problem } from "../parts/problem.tsx";
import { isSignedOut } from "./api.ts";
import { NoPage } from "./no-page.tsx";
import { loadMe } from "./session.ts";
import { Shell } from "./shell.tsx";
import { loadWords } from "./words.ts";

/** Each page comes with the first visit to it; the shell and the overview are there at once. */
const root = createRootRoute({ component: Outlet, notFoundComponent: NoPage });

function open(path: string, page: () => Promise<Record<string, unknown>>, name: string) {
  return createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(page as never, name as never),
  });
}

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  errorComponent: ({ error }) => <Problem cause={error} />,
  beforeLoad: async ({ location }) => {
    try {
      await Promise.all([loadMe(), loadWords()]);
    } catch (cause) {
      if (!isSignedOut(cause)) throw cause;
      throw redirect({ to: "/sign-in", search: { next: location.href } as never });
    }
  },
});

function page(path: string, load: () => Promise<Record<string, unknown>>, name: string) {
  return createRoute({
    getParentRoute: () => shell,
    path,
    component: lazyRouteComponent(load as never, name as never),
  });
}

const tree = root.addChildren([
  open("/sign-in", () => import("../identity/sign-in.tsx"), "SignInPage"),
  open("/signed-in", () => import("../identity/signed-in.tsx"), "SignedInPage"),
  open("/signed-out", () => import("../identity/signed-out.tsx"), "SignedOutPage"),
  open("/setup", () => import("../identity/setup.tsx"), "SetupPage"),
  open("/invite", () => import("../identity/invite.tsx"), "InvitePage"),
  shell.addChildren([
    page("/", () => import("../reports/overview.tsx"), "OverviewPage"),
    page("/patches", () => import("../triage/patches.tsx"), "PatchesPage"),
    page("/patches/$patch", () => import("../triage/patch.tsx"), "PatchPage"),
    page("/patches/update", () => import("../triage/update.tsx"), "UpdatePage"),
    page("/exceptions", () => import("../triage/exceptions.tsx"), "ExceptionsPage"),
    page("/exceptions/$exception", () => import("../triage/exception.tsx"), "ExceptionPage"),
    page("/known-issues", () => import("../triage/known-issues.tsx"), "KnownIssuesPage"),
    page("/known-issues/$issue", () => import("../triage/known-issue.tsx"), "KnownIssuePage"),
    page("/debt", () => import("../triage/debt.tsx"), "DebtPage"),
    page("/triage", () => import("../triage/sessions.tsx"), "SessionsPage"),
    page("/triage/$session", () => import("../triage/session.tsx"), "SessionPage"),
    page("/findings", () => import("../intel/findings.tsx"), "FindingsPage"),
    page(
      "/vulnerabilities/$vulnerability",
      () => import("../intel/vulnerability.tsx"),
      "VulnerabilityPage",
    ),
    page("/vex", () => import("../intel/vex.tsx"), "VexPage"),
    page("/vex/$vex", () => import("../intel/vex-document.tsx"), "VexDocumentPage"),
    page("/support", () => import("../intel/support.tsx"), "SupportPage"),
    page("/hosts", () => import("../inventory/hosts.tsx"), "HostsPage"),
    page("/hosts/$host", () => import("../inventory/host.tsx"), "HostPage"),
    page("/services", () => import("../inventory/services.tsx"), "ServicesPage"),
    page("/services/$service", () => import("../inventory/service.tsx"), "ServicePage"),
    page("/plans/$plan", () => import("../plan/plan.tsx"), "PlanPage"),
    page("/calendar", () => import("../calendar/calendar.tsx"), "CalendarPage"),
    page("/changes", () => import("../change/changes.tsx"), "ChangesPage"),
    page("/changes/$change", () => import("../change/change.tsx"), "ChangePage"),
    page("/change-control", () => import("../change/change-control.tsx"), "ChangeControlPage"),
    page("/cab", () => import("../change/board.tsx"), "BoardPage"),
    page("/rollouts", () => import("../rollout/rollouts.tsx"), "RolloutsPage"),
    page("/rollouts/$rollout", () => import("../rollout/rollout.tsx"), "RolloutPage"),
    page("/audit", () => import("../ledger/audit.tsx"), "AuditPage"),
    page("/restore", () => import("../restore/restore.tsx"), "RestorePage"),
    page("/audit/$index", () => import("../ledger/audit-event.tsx"), "AuditEventPage"),
    createRoute({
      getParentRoute: () => shell,
      path: "/settings",
      beforeLoad: () => {
        throw redirect({ href: "/settings/people", replace: true });
      },
    }),
    page("/settings/$part", () => import("../settings/settings.tsx"), "SettingsPage"),
    // Any other address: with the places beside it, so that whoever mistyped is not lost.
    createRoute({ getParentRoute: () => shell, path: "/$", component: NoPage }),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingMs: 300,
  scrollRestoration: true,
  // The URL holds plain texts: `?q=web`, not JSON.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const query = new URLSearchParams(search as Record<string, string>).toString();
    return query === "" ? "" : `?${query}`;
  },
});
