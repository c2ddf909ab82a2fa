import { useRouter } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, type MouseEvent, type Ref, useCallback } from "react";

interface GoProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** A path of this application, as the API gives it. */
  readonly href: string;
  /** Looks like a link within text; otherwise only when pointed at. */
  readonly isPlain?: boolean;
  readonly ref?: Ref<HTMLAnchorElement>;
}

/** A link to another page, without loading everything anew. */
export function Go({ href, isPlain, className, onClick, ...rest }: GoProps) {
  const go = useGo();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isOurs = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!isOurs || event.defaultPrevented) return;
    event.preventDefault();
    go(href);
  };
  const classes = ["go", isPlain === true ? "" : "is-link", className ?? ""].join(" ").trim();
  return <a {...rest} href={href} className={classes} onClick={follow} />;
}

/** Goes to a path of this application; anything else is refused, as texts may come from hosts. */
export function useGo(): (href: string) => void {
  const router = useRouter();
  return useCallback(
    (href: string) => {
      const url = URL.parse(href, window.location.origin);
      if (url === null || url.origin !== window.location.origin) return;
      router.history.push(`${url.pathname}${url.search}${url.hash}`);
    },
    [router],
  );
}
