/** Exact text as it is kept or sent: a document, an entry, a signature. */
export function TextBlock(props: { readonly label: string; readonly text: string }) {
  return (
    <pre
      className="text"
      role="region"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
    >
      {props.text}
    </pre>
  );
}
