import { Paper, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

/** What stands around the pages for people who are not signed in. */
export function Entrance(props: { readonly title: string; readonly children: ReactNode }) {
  const { title, children } = props;
  useEffect(() => {
    document.title = `${title} · Fettle`;
  }, [title]);
  return (
    <main style={{ maxWidth: 420, margin: "0 auto", padding: "12vh 16px 32px" }}>
      <img src="/mark.svg" width="44" height="44" alt="Fettle" />
      <Title order={1} mt="sm" mb="md">
        {title}
      </Title>
      <Paper withBorder p="lg">
        {children}
      </Paper>
    </main>
  );
}
