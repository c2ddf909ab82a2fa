import { Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A part of a page with a heading of its own. */
export function Panel(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="panel" aria-label={props.title}>
      <Title order={2}>{props.title}</Title>
      {props.children}
    </section>
  );
}
