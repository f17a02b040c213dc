import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A file that is not what it should be. The message names the file, the line (1 is the header) and what is wrong. */
class CsvError extends Error {
  readonly file: string
  readonly line: number
  constructor(file: string, line: number, problem: string, options?: ErrorOptions) {
    super(`${file}, line ${line}: ${problem}`, options)
    this.name = 'CsvError'
    this.file = file
    this.line = line
  }
}

/** What is wrong with a field of the line at hand; the reader adds file and line. */
class FieldError extends Error {}

export interface CsvFormat<Row> {
  /** The headers that are accepted; a file may have any one of them. */
  readonly headers: readonly string[]
  /** As many fields as the header has columns. Read them with the parsers below, whose errors the reader completes. */
  readonly parse: (fields: readonly string[]) => Row
}

/**
 * Reads a CSV file without quoting, in chunks of rows, gunzipped when its name ends in `.gz`.
 *
 * @throws CsvError for a header, a line or a field that is wrong, for a file that cannot be read, and for a gzip stream
 * that is damaged or cut off
 */
export async function* readCsv<Row>(file: string, format: CsvFormat<Row>): AsyncGenerator<Row[]> {
  let columnCount = 0
  let lineNumber = 0
  const parse = (line: string): Row => {
    lineNumber++
    const fields = line.split(',')
    if (fields.length !== columnCount)
      throw new FieldError(`${fields.length} fields where the header has ${columnCount}`)
    return format.parse(fields)
  }
  try {
    for await (const lines of readLines(openText(file))) {
      if (lineNumber === 0) {
        lineNumber = 1
        columnCount = checkHeader(lines.shift() ?? '', format.headers)
      }
      yield lines.map(parse)
    }
  } catch (error) {
    throw new CsvError(file, Math.max(lineNumber, 1), messageOf(error), { cause: error })
  }
  if (lineNumber === 0) throw new CsvError(file, 1, 'the file is empty')
}

/** A whole number from 0 to the largest that a number holds exactly. */
export function parseId(text: string, column: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new FieldError(`${column} is ${quote(text)}, not a whole number >= 0`)
  return value
}

/** A finite number, 0 or more. */
export function parseAmount(text: string, column: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value))
    throw new FieldError(`${column} is ${quote(text)}, not a number >= 0`)
  return value
}

export function parseFlag(text: string, column: string): boolean {
  if (text !== '0' && text !== '1') throw new FieldError(`${column} is ${quote(text)}, not 0 or 1`)
  return text === '1'
}

function openText(file: string): Readable {
  const bytes = createReadStream(file)
  if (!file.endsWith('.gz')) return bytes.setEncoding('utf8')
  // The error of either stream reaches the reader through the last one, which the pipeline destroys with it.
  return pipeline(bytes, createGunzip(), () => undefined).setEncoding('utf8')
}

/** Complete lines only: at least one at a time, without their ends (LF or CRLF). */
async function* readLines(text: Readable): AsyncGenerator<string[]> {
  let rest = ''
  for await (const chunk of text) {
    const lines = (rest + chunk).split(/\r?\n/)
    rest = lines.pop() ?? ''
    if (lines.length > 0) yield lines
  }
  if (rest !== '') yield [rest]
}

function checkHeader(line: string, headers: readonly string[]): number {
  if (!headers.includes(line))
    throw new FieldError(`the header is ${quote(line)}, expected ${headers.map(quote).join(' or ')}`)
  return line.split(',').length
}

function messageOf(error: unknown): string {
  if (error instanceof FieldError) return error.message
  return `cannot be read on from here: ${error instanceof Error ? error.message : String(error)}`
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text)
}
