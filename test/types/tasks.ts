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
export declare function shout(name: string): string;
export declare function pairOf<T, U>(first: T, second: U): [T, U];
export declare function firstOf<T>(list: readonly T[]): T | undefined;
export declare function keyed<K extends string, V>(keys: K[], value: V): Promise<Record<K, V>>;
export declare function parse(text: string): number;
export declare function parse(value: number): string;
export declare function parse(text: string, radix: number): bigint;
export declare function scaled(this: { readonly factor: number }, value: number): number;
export declare function scaledByNothing(this: void, value: number): number;
export declare function norm(point: [number, number], scale?: number): number;
export declare function inList(list: number[], options: { readonly from?: number }): number;
export declare const LIMIT: number;
