import { normalizedAvro } from '../serde/avro-compatibility.ts'
import { messageOf } from '../serde/message-of.ts'
import { incompatibilities, type CompatibilityLevel } from './compatibility.ts'
import { invalidSchema, RegistryError, schemaNotFound, subjectNotFound, versionNotFound } from './registry-error.ts'

/** One step of the registry's history; all steps in order make its state. */
export type RegistryChange =
  | { readonly kind: 'registered'; readonly subject: string; readonly version: number; readonly schema: string }
  | { readonly kind: 'deleted'; readonly subject: string; readonly version: number; readonly permanent: boolean }
  /** Null: of all subjects that have none of their own. A level of null: it has none of its own any more. */
  | { readonly kind: 'level'; readonly subject: string | null; readonly level: CompatibilityLevel | null }

export interface RegisteredVersion {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly schema: string
}

interface Version extends RegisteredVersion {
  /** Hidden, and still there for those who have its id. */
  readonly deleted: boolean
}

/** The version that the caller names: `latest`, or its number. */
export type WantedVersion = number | 'latest'

/**
 * The state of a schema registry: subjects with versions, schemas with ids, levels of compatibility. One schema has one id under all
 * subjects; ids count from 1 and are never given twice. Every change goes to `onChange` after it was applied.
 */
export class Subjects {
  readonly #onChange: (change: RegistryChange) => void
  readonly #ids = new Map<string, number>()
  readonly #versions = new Map<string, Version[]>()
  readonly #levels = new Map<string, CompatibilityLevel>()
  #level: CompatibilityLevel = 'BACKWARD'

  constructor(onChange: (change: RegistryChange) => void = () => {}) {
    this.#onChange = onChange
  }

  /** @throws RegistryError 42201 for what is not Avro, 409 for what the subject's level does not allow */
  register(subject: string, schema: string): RegisteredVersion {
    const text = normalized(schema)
    const same = this.#live(subject).find((version) => version.schema === text)
    if (same !== undefined) return same
    const problems = this.#problems(subject, text, this.#live(subject))
    if (problems.length > 0)
      throw new RegistryError(
        409,
        `Schema being registered is incompatible with an earlier schema for subject '${subject}' (${this.levelOf(subject)}): ${problems.join('; ')}`,
      )
    const version = (this.#versions.get(subject)?.at(-1)?.version ?? 0) + 1
    this.#change({ kind: 'registered', subject, version, schema: text })
    return this.#versions.get(subject)!.at(-1)!
  }

  /** The version of the subject that has this schema. @throws RegistryError 40401, 40403, 42201 */
  find(subject: string, schema: string): RegisteredVersion {
    const text = normalized(schema)
    const found = this.#existing(subject).find((version) => version.schema === text)
    if (found === undefined) throw schemaNotFound()
    return found
  }

  /** What speaks against a schema as the next one. @param against one version, or null for those that the level names */
  check(subject: string, schema: string, against: WantedVersion | null): readonly string[] {
    const text = normalized(schema)
    return this.#problems(subject, text, against === null ? this.#live(subject) : [this.version(subject, against)])
  }

  subjects(withDeleted = false): readonly string[] {
    return [...this.#versions.keys()].filter((subject) => this.#list(subject, withDeleted).length > 0).toSorted()
  }

  versions(subject: string, withDeleted = false): readonly number[] {
    return this.#existing(subject, withDeleted).map(({ version }) => version)
  }

  /** @throws RegistryError 40401, 40402 */
  version(subject: string, wanted: WantedVersion, withDeleted = false): RegisteredVersion {
    const versions = this.#existing(subject, withDeleted)
    const found = wanted === 'latest' ? versions.at(-1) : versions.find(({ version }) => version === wanted)
    if (found === undefined) throw versionNotFound(String(wanted))
    return found
  }

  /** @throws RegistryError 40403 */
  schema(id: number): string {
    for (const [schema, known] of this.#ids) if (known === id) return schema
    throw schemaNotFound()
  }

  /** Where a schema is registered. @throws RegistryError 40403 */
  usesOf(id: number): readonly RegisteredVersion[] {
    const schema = this.schema(id)
    return this.subjects().flatMap((subject) => this.#live(subject).filter((version) => version.schema === schema))
  }

  /** Hides all versions; `permanent` takes away what is hidden already. @returns the versions that are gone */
  deleteSubject(subject: string, permanent: boolean): readonly number[] {
    const versions = this.#existing(subject, permanent).map(({ version }) => version)
    if (permanent && this.#live(subject).length > 0)
      throw new RegistryError(40405, `Subject '${subject}' was not deleted first before being permanently deleted`)
    for (const version of versions) this.#change({ kind: 'deleted', subject, version, permanent })
    return versions
  }

  /** @returns the number of the version */
  deleteVersion(subject: string, wanted: WantedVersion, permanent: boolean): number {
    const { version } = this.version(subject, wanted, permanent)
    if (permanent && this.#live(subject).some((live) => live.version === version))
      throw new RegistryError(
        40407,
        `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
      )
    this.#change({ kind: 'deleted', subject, version, permanent })
    return version
  }

  /** The level that holds for the subject; null: for all that have none of their own. */
  levelOf(subject: string | null): CompatibilityLevel {
    return (subject === null ? undefined : this.#levels.get(subject)) ?? this.#level
  }

  ownLevelOf(subject: string): CompatibilityLevel | undefined {
    return this.#levels.get(subject)
  }

  setLevel(subject: string | null, level: CompatibilityLevel | null): void {
    this.#change({ kind: 'level', subject, level })
  }

  /** Takes in a change of the past. */
  apply(change: RegistryChange): void {
    switch (change.kind) {
      case 'registered':
        return this.#applyRegistered(change)
      case 'deleted':
        return this.#applyDeleted(change)
      case 'level':
        if (change.subject === null) this.#level = change.level ?? 'BACKWARD'
        else if (change.level === null) this.#levels.delete(change.subject)
        else this.#levels.set(change.subject, change.level)
    }
  }

  #applyRegistered({ subject, version, schema }: Extract<RegistryChange, { kind: 'registered' }>): void {
    let id = this.#ids.get(schema)
    if (id === undefined) this.#ids.set(schema, (id = this.#ids.size + 1))
    const versions = this.#versions.get(subject) ?? []
    this.#versions.set(subject, [...versions, { subject, version, id, schema, deleted: false }])
  }

  #applyDeleted({ subject, version, permanent }: Extract<RegistryChange, { kind: 'deleted' }>): void {
    const versions = this.#versions.get(subject) ?? []
    this.#versions.set(
      subject,
      versions.flatMap((each) => {
        if (each.version !== version) return [each]
        return permanent ? [] : [{ ...each, deleted: true }]
      }),
    )
  }

  #change(change: RegistryChange): void {
    this.apply(change)
    this.#onChange(change)
  }

  #problems(subject: string, schema: string, versions: readonly RegisteredVersion[]): readonly string[] {
    return incompatibilities(
      this.levelOf(subject),
      schema,
      versions.map((version) => version.schema),
    )
  }

  #list(subject: string, withDeleted: boolean): readonly Version[] {
    return (this.#versions.get(subject) ?? []).filter(({ deleted }) => withDeleted || !deleted)
  }

  #live(subject: string): readonly Version[] {
    return this.#list(subject, false)
  }

  #existing(subject: string, withDeleted = false): readonly Version[] {
    const versions = this.#list(subject, withDeleted)
    if (versions.length === 0) throw subjectNotFound(subject)
    return versions
  }
}

function normalized(schema: string): string {
  try {
    return normalizedAvro(schema)
  } catch (error) {
    throw invalidSchema(messageOf(error))
  }
}
