/** Line drawings of 18 by 18, made for these pages. */
const drawings = {
  overview: "M2.5 9.5 9 3l6.5 6.5M4.5 8v7h9V8",
  patch: "M3 3h12v12H3zM6 9h6M9 6v6",
  finding: "M9 2.5 16 15H2zM9 7v4M9 13v.3",
  host: "M3 3.5h12v4.5H3zM3 10h12v4.5H3zM5.5 5.8h.5M5.5 12.3h.5",
  service: "M9 2.5 15 6v6l-6 3.5L3 12V6zM3 6l6 3.5L15 6M9 9.5v6",
  change: "M4 2.5h7l3 3v10H4zM6.5 9.5l2 2 3.5-4",
  rollout: "M3 4h4v4H3zM3 10h4v4H3zM9 4h4M9 6h6M9 10h4M9 12h6",
  audit: "M9 2 15 4.5V9c0 4-3 6-6 7-3-1-6-3-6-7V4.5zM6.5 9l2 2 3.5-4",
  settings: "M3 5h7M14 5h1M3 9h2M9 9h6M3 13h6M13 13h2M10 3.5v3M7 7.5v3M11 11.5v3",
  search: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3M11.8 11.8 15.5 15.5",
  menu: "M3 5h12M3 9h12M3 13h12",
  down: "m5 7 4 4 4-4",
  right: "m7 5 4 4-4 4",
} as const;

export type IconName = keyof typeof drawings;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      viewBox="0 0 18 18"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={drawings[name]} />
    </svg>
  );
}
