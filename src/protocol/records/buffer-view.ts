type BufferConstructor = new (buffer: ArrayBufferLike, at: number, length: number) => Buffer

/**
 * What Buffer's own methods make Buffers with: the class has no other name than ECMAScript's Symbol.species. Its constructor takes a
 * third of the time of `subarray`, which asks the Buffer for what is behind it, and clamps.
 */
export const BufferView: BufferConstructor = (Buffer as unknown as { readonly [Symbol.species]: BufferConstructor })[
  Symbol.species
]
