/** What Millrace needs of a schema registry; the Confluent REST client and the in-memory one both implement it. */
export interface SchemaRegistry {
  /**
   * Registers `schema` (Avro, as JSON text) under `subject` unless it is there, and returns its id.
   * @throws BrokerError `MILLRACE_REGISTRY_FAILED` when the registry cannot be reached or refuses (incompatible schema)
   */
  register(subject: string, schema: string): Promise<number>
  /**
   * The schema (Avro, as JSON text) with this id; undefined when the registry does not know it, which says that a record
   * is bad and not that the registry is.
   * @throws BrokerError `MILLRACE_REGISTRY_FAILED` when the registry cannot be reached or refuses to answer
   */
  schemaById(id: number): Promise<string | undefined>
}
