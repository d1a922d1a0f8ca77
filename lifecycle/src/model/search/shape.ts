/** What a value says with its names and times taken out, and these in the order in which they appear. */
export interface Shape {
  /** Equal for values that differ in names and times alone. */
  readonly skeleton: number;
  /** Names as their numbers, from 0 on. */
  readonly names: readonly number[];
  /** Milliseconds since the epoch. */
  readonly times: readonly number[];
}

const TOKENS = /uid-\d+|rv-\d+|at[a-p]{6}|ak_\d+|\bx\d{3,}|1[78]\d{11}|20\d\d-\d\d-\d\dT[\d:.]+Z/g;
const DIGIT_1 = 49;
const DIGIT_2 = 50;

const skeletons = new Map<string, number>();
const names = new Map<string, number>();

function numberOf(known: Map<string, number>, text: string): number {
  let number = known.get(text);
  if (number === undefined) {
    number = known.size;
    known.set(text, number);
  }
  return number;
}

/** Takes names and times out of a text. */
function shapeOfText(text: string): Shape {
  const found: number[] = [];
  const times: number[] = [];
  const skeleton = text.replaceAll(TOKENS, (token) => {
    const first = token.charCodeAt(0);
    if (first === DIGIT_1 || first === DIGIT_2) {
      times.push(first === DIGIT_1 ? Number(token) : Date.parse(token));
      return "@";
    }
    found.push(numberOf(names, token));
    return "#";
  });
  return { skeleton: numberOf(skeletons, skeleton), names: found, times };
}

const ofTexts = new Map<string, Shape>();

/** The shape of a short text. */
export function shapeOfName(text: string): Shape {
  let shape = ofTexts.get(text);
  if (shape === undefined) {
    shape = shapeOfText(text);
    ofTexts.set(text, shape);
  }
  return shape;
}

const NOTHING = shapeOfText("-");
const ofObjects = new WeakMap<object, Shape>();

/** The shape of an object. Objects are never changed, so that each is looked at once. */
export function shapeOf(value: object | undefined): Shape {
  if (value === undefined) return NOTHING;
  let shape = ofObjects.get(value);
  if (shape === undefined) {
    shape = shapeOfText(JSON.stringify(value));
    ofObjects.set(value, shape);
  }
  return shape;
}

/** The shapes of an object's fields, for one that is copied often and changed in few of them. */
export function shapesOfFields(value: object): readonly Shape[] {
  const shapes: Shape[] = [];
  let plain = "";
  for (const [name, field] of Object.entries(value) as readonly (readonly [string, unknown])[]) {
    plain += `${name}=`;
    if (typeof field === "object" && field !== null) shapes.push(shapeOf(field));
    else plain += `${String(field)};`;
  }
  return [shapeOfName(plain), ...shapes];
}
