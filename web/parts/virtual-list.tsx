import { Button, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useRef,
} from "react";
import { Go, useGo } from "../app/go.tsx";
import { Problem } from "./problem.tsx";
import { type RowsSource, useRows } from "./rows.ts";

export interface Column<T> {
  readonly title: string;
  /** A CSS grid track: `minmax(160px, 2fr)`, `110px`. */
  readonly width: string;
  readonly cell: (row: T) => ReactNode;
  readonly isNumber?: boolean;
  /** Left out on narrow screens. */
  readonly isWideOnly?: boolean;
}

interface VirtualListProps<T> extends RowsSource<T> {
  /** What the rows are, for screen readers and the count: "hosts". */
  readonly label: string;
  /** The same for a single one: "host". */
  readonly single?: string;
  readonly columns: readonly Column<T>[];
  readonly href?: (row: T) => string;
  /** Shown in place of the list when there is nothing, in words that teach. */
  readonly empty: ReactNode;
  readonly rowHeight?: number;
}

const NARROW = "(max-width: 760px)";

/**
 * A list of any length: only rows in view are drawn and asked for. Arrow keys move from row to row,
 * Enter opens.
 */
export function VirtualList<T>(props: VirtualListProps<T>) {
  const { label, columns, empty, rowHeight = 38 } = props;
  const rows = useRows(props);
  const isNarrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.total ?? 0,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const drawn = virtual.getVirtualItems();
  const first = drawn[0]?.index ?? 0;
  const last = drawn.at(-1)?.index ?? 0;
  const { want } = rows;
  useEffect(() => {
    if (rows.total !== null && rows.total > 0) want(first, last);
  });
  const shown = isNarrow ? columns.filter((column) => column.isWideOnly !== true) : columns;
  if (rows.total === null && rows.cause !== null) {
    return <Problem cause={rows.cause} onRetry={rows.showNew} />;
  }
  if (rows.total === 0) return <>{empty}</>;
  const style = {
    "--columns": shown.map((column) => column.width).join(" "),
    "--row": `${rowHeight}px`,
  } as CSSProperties;
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    const current = Number(row?.dataset["index"] ?? Number.NaN);
    if (step === undefined) return;
    event.preventDefault();
    const next = Number.isNaN(current) ? first : current + step;
    if (next < 0 || next >= (rows.total ?? 0)) return;
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => {
      box.current?.querySelector<HTMLElement>(`[data-index="${next}"] .row-link`)?.focus();
    });
  };
  return (
    <div>
      <div
        ref={box}
        className="list"
        role="table"
        aria-label={label}
        aria-rowcount={(rows.total ?? 0) + 1}
        aria-busy={rows.total === null}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        style={style}
        onKeyDown={move}
      >
        <div className="list-head" role="row" aria-rowindex={1}>
          {shown.map((column) => (
            <div
              key={column.title}
              role="columnheader"
              className={column.isNumber === true ? "is-number" : undefined}
            >
              {column.title}
            </div>
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {drawn.map((item) => (
            <Row
              key={item.key}
              index={item.index}
              top={item.start}
              row={rows.at(item.index)}
              columns={shown}
              href={props.href}
            />
          ))}
        </div>
      </div>
      <div className="list-foot" aria-live="polite">
        <Text size="xs" c="dimmed">
          {rows.total === null ? "Loading …" : countText(rows.total, props)}
        </Text>
        {rows.hasNew && (
          <Button size="compact-xs" variant="light" onClick={rows.showNew}>
            The list has changed: show it anew
          </Button>
        )}
      </div>
      {rows.cause !== null && <Problem cause={rows.cause} onRetry={rows.showNew} />}
    </div>
  );
}

function countText(
  total: number,
  of: { readonly label: string; readonly single?: string | undefined },
): string {
  return `${total.toLocaleString("en")} ${total === 1 ? (of.single ?? of.label) : of.label}`;
}

function Row<T>(props: {
  readonly index: number;
  readonly top: number;
  readonly row: T | undefined;
  readonly columns: readonly Column<T>[];
  readonly href: ((row: T) => string) | undefined;
}) {
  const { index, top, row, columns, href } = props;
  const link = row === undefined ? undefined : href?.(row);
  const go = useGo();
  // A convenience for the mouse: by keyboard and for screen readers the first cell is the link.
  const open = (event: MouseEvent) => {
    if (link === undefined || window.getSelection()?.isCollapsed === false) return;
    if ((event.target as HTMLElement).closest("a, button, input, label") === null) go(link);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link in the first cell does the same.
    <div
      role="row"
      className={link === undefined ? "list-row" : "list-row is-open"}
      aria-rowindex={index + 2}
      data-index={index}
      style={{ transform: `translateY(${top}px)` }}
      onClick={open}
    >
      {columns.map((column, at) => (
        <div
          key={column.title}
          role="cell"
          className={column.isNumber === true ? "is-number" : undefined}
        >
          {row === undefined && <span className="dim">…</span>}
          {row !== undefined && (link === undefined || at > 0) && column.cell(row)}
          {row !== undefined && link !== undefined && at === 0 && (
            <Go href={link} isPlain className="row-link">
              {column.cell(row)}
            </Go>
          )}
        </div>
      ))}
    </div>
  );
}
