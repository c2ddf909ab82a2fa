import type { IconName } from "./icons.tsx";

/** A page of the main menu. What hangs below it is shown while somebody is in that part of the house. */
export interface Place {
  readonly href: string;
  readonly title: string;
  readonly icon: IconName;
  readonly below?: readonly { readonly href: string; readonly title: string }[];
}

export const places: readonly Place[] = [
  { href: "/", title: "Overview", icon: "overview" },
  {
    href: "/patches",
    title: "Patches",
    icon: "patch",
    below: [
      { href: "/triage", title: "Triage sessions" },
      { href: "/exceptions", title: "Exceptions" },
      { href: "/debt", title: "Debt" },
      { href: "/known-issues", title: "Known issues" },
    ],
  },
  {
    href: "/findings",
    title: "Findings",
    icon: "finding",
    below: [{ href: "/vex", title: "VEX" }],
  },
  { href: "/services", title: "Services", icon: "service" },
  {
    href: "/hosts",
    title: "Hosts",
    icon: "host",
    below: [{ href: "/support", title: "End of support" }],
  },
  {
    href: "/changes",
    title: "Changes",
    icon: "change",
    below: [
      { href: "/calendar", title: "Calendar" },
      { href: "/cab", title: "Advisory board" },
      { href: "/change-control", title: "Change control" },
    ],
  },
  { href: "/rollouts", title: "Rollouts", icon: "rollout" },
  { href: "/audit", title: "Audit", icon: "audit" },
  { href: "/settings/people", title: "Settings", icon: "settings" },
];

/** True where the path is the page, or one of those that belong to it. */
export function isAt(path: string, href: string): boolean {
  if (href === "/") return path === "/";
  const section = href.startsWith("/settings") ? "/settings" : href;
  return path === section || path.startsWith(`${section}/`);
}

/** True where the path is in the place or in what hangs below it. */
export function isWithin(path: string, place: Place): boolean {
  return isAt(path, place.href) || (place.below ?? []).some(({ href }) => isAt(path, href));
}
