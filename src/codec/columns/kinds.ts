/*
 * The bytes of a list in columns. How many rows a column has is known before it is read.
 *
 * ```text
 * list    = count of items, count of wholes, for each whole: count (its row), count (its bytes); the wholes; column
 * whole   = an item as the encoder writes it, with its header
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
/** undefined in all rows; filler */
export const UNDEFINED = 4;
/** null in all rows; filler */
export const NULL = 5;
/** string: the one of all rows; filler */
export const SAME_TEXT = 6;
/** all texts as one string; the length of each, in UTF-16 code units */
export const TEXTS = 7;
/** strings, one by one */
export const LONG_TEXTS = 8;
/** byte: how many different texts; the column of these; for each row a byte, the index of its text */
export const WORDS = 9;
/** int64 for each row */
export const BIGINTS = 10;
/** the column of the hexadecimal digits of each, after a minus sign if negative */
export const LONG_BIGINTS = 11;
/** float64 for each row: milliseconds, NaN for an invalid date */
export const DATES = 12;
/** lengths; count of all elements; the column of all elements */
export const LISTS = 13;
/** count of keys, the keys as strings; filler; the column of each key */
export const RECORDS = 14;
/** byte: the index of the class in `TYPED_CLASSES`; the bytes of the elements */
export const TYPED = 15;
/** count of columns; for each row a byte, the index of the column that has its value; the columns */
export const UNION = 16;
/** the next whole for each row */
export const WHOLES = 17;
