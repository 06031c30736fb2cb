/** Every colour of a report by its name: on paper, and in the dark. Plots are drawn in the first; the style sheet swaps them for the second. */
export const PALETTE = {
  paper: { light: '#fdfdfb', dark: '#14171a' },
  panel: { light: '#f3f3ee', dark: '#1d2125' },
  ink: { light: '#1a1d21', dark: '#ecebe6' },
  muted: { light: '#59616b', dark: '#a6adb5' },
  rule: { light: '#d4d4cc', dark: '#3a4047' },
  grid: { light: '#e5e5df', dark: '#2a2f35' },
  pass: { light: '#17693d', dark: '#74d19b' },
  fail: { light: '#b3251b', dark: '#ff8d80' },
  unknown: { light: '#7c5100', dark: '#efba52' },
  /** P95, success: the line that a reader should follow. */
  main: { light: '#1d4f91', dark: '#8db9ff' },
  second: { light: '#6b3fa0', dark: '#c9a5f5' },
  third: { light: '#66707c', dark: '#98a2ad' },
  bandOutage: { light: '#f4d6d2', dark: '#4a2522' },
  bandFault: { light: '#ececf1', dark: '#23272f' },
} as const;

export type ColourName = keyof typeof PALETTE;

/** A colour as it stands in a plot's SVG. */
export function colour(name: ColourName): string {
  return PALETTE[name].light;
}

function variables(mode: 'light' | 'dark'): string {
  return Object.entries(PALETTE)
    .map(([name, pair]) => `--${name}:${pair[mode]};`)
    .join('');
}

/** Variables for the page, and the swap of the plots' colours; dark on screens that ask for it, never on paper. */
export function paletteCss(): string {
  const swap = Object.values(PALETTE)
    .map(({ light, dark }) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
    .join('');
  return `:root{${variables('light')}}@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}${swap}}`;
}
