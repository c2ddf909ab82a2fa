import { createTheme } from "@mantine/core";

/** One accent, two sizes of text a page, space instead of boxes. Colours of states: `app.css`. */
export const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: 9,
  defaultRadius: "sm",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: "12px", sm: "13.5px", md: "14.5px", lg: "17px", xl: "21px" },
  headings: { fontWeight: "620", sizes: { h1: { fontSize: "21px" }, h2: { fontSize: "16px" } } },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Table: { defaultProps: { verticalSpacing: 5, fz: "sm" } },
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "xs", comboboxProps: { transitionProps: { duration: 0 } } } },
    Tabs: { defaultProps: { keepMounted: false } },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 0 },
        centered: true,
        // Locking would write a style element that the pages' policy refuses.
        lockScroll: false,
        closeButtonProps: { "aria-label": "Close" },
        // A page has one banner: the head of a dialog is none.
        attributes: { header: { role: "presentation" } },
      },
    },
  },
});
