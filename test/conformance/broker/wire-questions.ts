import { adminQuestions } from './admin-questions.ts'
import { groupQuestions } from './group-questions.ts'
import { recordQuestions } from './record-questions.ts'
import { transactionQuestions } from './transaction-questions.ts'
import type { Questions } from './wire-names.ts'

export const questions: Questions = {
  ...recordQuestions,
  ...groupQuestions,
  ...transactionQuestions,
  ...adminQuestions,
}
