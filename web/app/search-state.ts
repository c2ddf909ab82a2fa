import { useLocation, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Readonly<Record<string, string>>;

/**
 * The view's state lives in the URL: filters, tabs, choices. Values are texts; an empty one is left
 * out. Changing them replaces the entry, so that "back" leaves the page and not the last letter.
 */
export function useSearch(): readonly [Search, (change: Readonly<Record<string, string>>) => void] {
  const router = useRouter();
  const text = useLocation({ select: (location) => location.searchStr });
  const set = useCallback(
    (change: Readonly<Record<string, string>>) => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(change)) {
        if (value === "") next.delete(name);
        else next.set(name, value);
      }
      const query = next.toString();
      router.history.replace(`${window.location.pathname}${query === "" ? "" : `?${query}`}`);
    },
    [router],
  );
  return [Object.fromEntries(new URLSearchParams(text)), set];
}
