/** Colours of the page as its style has them at this moment: in the light, in the dark or on paper. */
export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly card: string;
  readonly bar: string;
  readonly aimed: string;
  readonly goal: string;
  /** Colour of a name, the same in the whole page. */
  series(index: number): string;
}

export const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",sans-serif';

/** Beside the colour, a line is told by how it is broken: there are more names than colours anyone can tell apart. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [3, 2], [10, 2, 3, 2], [5, 2], [12, 3]];

export const COLOURS = 8;

export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"),
    soft: of("soft"),
    line: of("line"),
    card: of("card"),
    bar: of("bar"),
    aimed: of("aimed"),
    goal: of("fail-ink"),
    series: (index) => of(`series-${index % COLOURS}`),
  };
}
