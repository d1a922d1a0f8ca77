/** A curve. */
export interface Series {
  readonly name: string;
  /** Sorted by x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot of curves over one axis. */
export interface Lines {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { left: 72, right: 16, top: 40, bottom: 56 };
const TICKS = 5;
const COLORS = ["#0b62a4", "#c8501e", "#3a7d34", "#7a4fa3"];
/** More points than pixels only make the file large. */
const MOST_POINTS = 200;

/** Every n-th point, and the last one. */
function thinned(points: Series["points"]): Series["points"] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The next round number: a digit and zeros. */
function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= value) ?? 10) * power;
}

const tick = (value: number): string => String(Number(value.toPrecision(3)));

/** Draws curves as an SVG document. Both axes begin at zero. */
export function linePlot({ title, x, y, series }: Lines): string {
  const all = series.flatMap(({ points }) => points);
  // Not spread: a call takes no hundred thousand arguments.
  const most = (axis: 0 | 1): number =>
    roundUp(all.reduce((largest, point) => Math.max(largest, point[axis]), 0) / TICKS) * TICKS;
  const [widest, highest] = [most(0), most(1)];
  const [innerWidth, innerHeight] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const atX = (value: number): string => (MARGIN.left + (value / widest) * innerWidth).toFixed(1);
  const atY = (value: number): string =>
    (HEIGHT - MARGIN.bottom - (value / highest) * innerHeight).toFixed(1);
  const steps = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS);
  const grid = steps.flatMap((share) => [
    `<path class="grid" d="M${MARGIN.left} ${atY(share * highest)}H${WIDTH - MARGIN.right}"/>`,
    `<text x="${MARGIN.left - 8}" y="${atY(share * highest)}" dy="4" text-anchor="end">${tick(share * highest)}</text>`,
    `<text x="${atX(share * widest)}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${tick(share * widest)}</text>`,
  ]);
  const curves = series.flatMap(({ name, points }, index) => {
    const color = COLORS[index % COLORS.length] ?? "#000";
    const path = thinned(points)
      .map(([px, py]) => `${atX(px)} ${atY(py)}`)
      .join("L");
    const top = MARGIN.top + 8 + index * 18;
    return [
      ...(path === "" ? [] : [`<path fill="none" stroke="${color}" stroke-width="2" d="M${path}"/>`]),
      `<path stroke="${color}" stroke-width="4" d="M${MARGIN.left + 12} ${top}h20"/>`,
      `<text x="${MARGIN.left + 40}" y="${top + 4}">${escaped(name)}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}.head{font-weight:bold;font-size:14px}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...curves,
    `<text class="head" x="${MARGIN.left}" y="24">${escaped(title)}</text>`,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`,
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    `</svg>`,
    ``,
  ].join("\n");
}
