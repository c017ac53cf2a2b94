/**
 * The style sheet of the plots. An image follows the colour scheme of the reader's system, and not that of the
 * page around it, so the plots have their own background.
 */
interface Theme {
  readonly back: string;
  readonly ink: string;
  readonly faint: string;
  readonly grid: string;
  readonly muted: string;
  /** In the order of contestants.ts. The last colour is for contestants that are not named there. */
  readonly contestants: readonly string[];
}

const LIGHT: Theme = {
  back: "#ffffff",
  ink: "#1f2328",
  faint: "#59636e",
  grid: "#d8dee4",
  muted: "#9aa4af",
  contestants: [
    "#0b5cd5",
    "#b35900",
    "#1a7f37",
    "#8250df",
    "#bf3989",
    "#0e7c86",
    "#7d4e2d",
    "#7a7200",
    "#cf222e",
    "#59636e",
  ],
};

const DARK: Theme = {
  back: "#0d1117",
  ink: "#e6edf3",
  faint: "#9198a1",
  grid: "#30363d",
  muted: "#6e7681",
  contestants: [
    "#58a6ff",
    "#f0a04b",
    "#56d364",
    "#bc8cff",
    "#ff80bf",
    "#4dd0d8",
    "#c9a27e",
    "#d6cf4a",
    "#ff7b72",
    "#9198a1",
  ],
};

const SHAPES = `text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif}
.heading{font-size:16px;font-weight:600}
.panel{font-size:13px;font-weight:600}
.own{font-weight:600}
.end{text-anchor:end}
.middle{text-anchor:middle}
.bar{fill:currentColor}
.bar.limit{fill:url(#hatched);stroke:currentColor}
.hatch{stroke:currentColor;stroke-width:2}
.curve{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.curve.own{stroke-width:3}
.curve.limit{stroke-dasharray:5 4}
.dot,.label{fill:currentColor}
.spread{stroke:currentColor;opacity:.6}
.leader{stroke:currentColor;opacity:.5;stroke-width:.7}
.reference{stroke-width:1.5;stroke-dasharray:2 3}`;

function coloured({ back, ink, faint, grid, muted, contestants }: Theme): string {
  const classes = contestants.map((colour, i) => {
    const name = i === contestants.length - 1 ? "rest" : String(i);
    return `.colour-${name}{color:${colour}}`;
  });
  return `.back{fill:${back}}
text{fill:${ink}}
text.faint{fill:${faint}}
.whisker,.reference{stroke:${ink}}
.grid{stroke:${grid}}
.muted,.hatch{color:${muted}}
${classes.join("\n")}
text.label{fill:currentColor}`;
}

export const STYLE: string = `${SHAPES}
${coloured(LIGHT)}
@media(prefers-color-scheme:dark){
${coloured(DARK)}
}`;
