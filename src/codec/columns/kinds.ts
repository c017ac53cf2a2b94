/*
 * The bytes of COLUMNS. How many rows a column has is known before it is read.
 *
 * ```text
 * COLUMNS = count of items, column
 * column  = one of the kinds below, then what the table says; a column without rows is EMPTY
 * lengths = byte 1 or 4: the bytes of each length; the lengths
 * filler  = one bit a row, in whole bytes: a column can never claim far more rows than it has bytes
 * ```
 */

/** no rows; nothing follows */
export const EMPTY = 0;
/** int32 for each row */
export const INTEGERS = 1;
/** float64 for each row */
export const DOUBLES = 2;
/** one bit for each row, the lowest bit first */
export const BOOLEANS = 3;
/** the value of all rows, a primitive; filler */
export const CONSTANT = 4;
/** all texts as one string; the length of each, in UTF-16 code units */
export const TEXTS = 5;
/** float64 for each row: milliseconds, NaN for an invalid date */
export const DATES = 6;
/** lengths; count of all elements; the column of all elements */
export const LISTS = 7;
/** count of keys, the keys as strings; filler; the column of each key */
export const RECORDS = 8;
/** byte: the index of the class in `TYPED_CLASSES`; the bytes of the elements */
export const TYPED = 9;
/** count of columns; for each row a byte, the index of the column that has its value; the columns */
export const UNION = 10;
/** for each row a value as it is encoded alone; objects are numbered in each from 0 */
export const VALUES = 11;
/** byte: how many different texts; the column of these; for each row a byte, the index of its text */
export const WORDS = 12;
