/** Callables of the type tests; only their types matter. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export declare function add(a: number, b: number): number;
export declare function addLater(a: number, b: number): Promise<number>;
export declare function greet(name: string, greeting?: string): string;
export declare function sum(...values: number[]): number;
export declare function now(): bigint;
export declare function move(point: Point, kwds?: { dx?: number; dy?: number }): Point;
export declare function nothing(): void;
export declare function maybe(value: number): Promise<string | undefined> | null;
export declare function identity<T>(value: T): T;
export declare const LIMIT: number;
