import { MixedWords } from "./mixed-words.ts";

/** What a value says with its names and times taken out, and these in the order in which they appear. */
export interface Shape {
  /** 64 bits, equal for values that differ in names and times alone. */
  readonly low: number;
  readonly high: number;
  /** Names as their numbers, from 0 on. */
  readonly names: readonly number[];
  /** Milliseconds since the epoch. */
  readonly times: readonly number[];
}

const TOKENS = /uid-\d+|rv-\d+|at[a-p]{6}|ak_\d+|\bx\d{3,}|1[78]\d{11}|20\d\d-\d\d-\d\dT[\d:.]+Z/g;
const DIGIT_1 = 49;
const DIGIT_2 = 50;
/** Numbers from here to there are times. */
const FIRST_TIME = 1_700_000_000_000;
const LAST_TIME = 1_900_000_000_000;

const numbers = new Map<string, number>();

function numberOf(name: string): number {
  let number = numbers.get(name);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(name, number);
  }
  return number;
}

/** Takes names and times out of a text. */
function shapeOfText(text: string): Shape {
  const names: number[] = [];
  const times: number[] = [];
  const skeleton = text.replaceAll(TOKENS, (token) => {
    const first = token.charCodeAt(0);
    if (first === DIGIT_1 || first === DIGIT_2) {
      times.push(first === DIGIT_1 ? Number(token) : Date.parse(token));
      return "@";
    }
    names.push(numberOf(token));
    return "#";
  });
  const mixed = new MixedWords();
  for (let index = 0; index < skeleton.length; index += 1) mixed.add(skeleton.charCodeAt(index));
  return { ...mixed.end(), names, times };
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

/** The shape of nothing. */
const NOTHING = shapeOfText("-");
/** Lets a private field be added to an object that exists: what a constructor returns is what its subclass adds to. */
// oxlint-disable-next-line no-extraneous-class -- it is there to be extended
class Stampable {
  constructor(target: object) {
    // oxlint-disable-next-line no-constructor-return -- the one way to that
    return target;
  }
}

/** Writes the shape of an object onto it, where nothing sees it and no copy has it: cheaper than a WeakMap. */
class Stamp extends Stampable {
  readonly #shape: Shape;

  private constructor(target: object, shape: Shape) {
    super(target);
    this.#shape = shape;
  }

  static put(target: object, shape: Shape): Shape {
    return new Stamp(target, shape).#shape;
  }

  static on(target: object): Shape | undefined {
    return #shape in target ? target.#shape : undefined;
  }
}

/** The shape of an object. Objects are never changed, so that each is looked at once. */
export function shapeOf(value: object | undefined): Shape {
  if (value === undefined) return NOTHING;
  const known = Stamp.on(value);
  if (known !== undefined) return known;
  return Stamp.put(value, shapeOfFields(value));
}

// What tells numbers, flags, and the ends of lists and objects apart in a skeleton.
const TIME = 1;
const INTEGER = 2;
const TRUE = 3;
const FALSE = 4;
const ABSENT = 5;
const LIST = 6;
const RECORD = 7;
const END = 8;

/** Collects the shape of an object from those of its fields. */
class ShapeOfParts {
  readonly #mixed = new MixedWords();
  readonly #names: number[] = [];
  readonly #times: number[] = [];

  add({ low, high, names, times }: Shape): void {
    this.#mixed.add(low);
    this.#mixed.add(high);
    for (const name of names) this.#names.push(name);
    for (const time of times) this.#times.push(time);
  }

  addMark(mark: number): void {
    this.#mixed.add(mark);
  }

  addValue(value: unknown): void {
    if (typeof value === "string") this.add(shapeOfName(value));
    else if (typeof value === "number") this.#addNumber(value);
    else if (typeof value === "boolean") this.addMark(value ? TRUE : FALSE);
    else if (typeof value === "object" && value !== null) this.add(shapeOf(value));
    else this.addMark(ABSENT);
  }

  #addNumber(value: number): void {
    if (value >= FIRST_TIME && value < LAST_TIME) {
      this.addMark(TIME);
      this.#times.push(value);
    } else {
      this.addMark(INTEGER);
      if (Math.trunc(value) === value && Math.abs(value) < 2 ** 31) this.addMark(value);
      else this.add(shapeOfName(String(value)));
    }
  }

  end(): Shape {
    this.addMark(END);
    return { ...this.#mixed.end(), names: this.#names, times: this.#times };
  }
}

/** The shape of an object that is made for the occasion, and not asked for again. */
export function shapeOfFields(value: object): Shape {
  const parts = new ShapeOfParts();
  if (Array.isArray(value)) {
    parts.addMark(LIST);
    for (const element of value as readonly unknown[]) parts.addValue(element);
    return parts.end();
  }
  parts.addMark(RECORD);
  for (const [name, field] of Object.entries(value) as readonly (readonly [string, unknown])[]) {
    // A field that is undefined is as good as none.
    if (field === undefined) continue;
    parts.add(shapeOfName(name));
    parts.addValue(field);
  }
  return parts.end();
}
