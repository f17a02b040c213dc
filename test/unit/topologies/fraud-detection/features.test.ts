import { expect, test } from 'vitest'
import {
  assembleFeatures,
  featureNames,
  toCents,
  type FraudTotals,
  type SpendTotals,
} from '../../../../topologies/fraud-detection/features.ts'

const noSpend: SpendTotals = { count: 0, cents: 0 }
const noFrauds: FraudTotals = { count: 0, frauds: 0 }

function calendarOf(iso: string): [number, number] {
  const none = { day: noSpend, week: noSpend, month: noSpend }
  const features = assembleFeatures(Date.parse(iso), none, { day: noFrauds, week: noFrauds, month: noFrauds })
  return [features.during_weekend, features.during_night]
}

test('the weekend is Saturday and Sunday in UTC', () => {
  const days = ['2018-05-18T23:59:59Z', '2018-05-19T12:00:00Z', '2018-05-20T23:59:59Z', '2018-05-21T12:00:00Z']
  expect(days.map((day) => calendarOf(day)[0])).toEqual([0, 1, 1, 0])
})

test('the night lasts from midnight until the hour 6 is over', () => {
  const times = ['2018-05-17T23:59:59Z', '2018-05-18T00:00:00Z', '2018-05-18T06:59:59Z', '2018-05-18T07:00:00Z']
  expect(times.map((time) => calendarOf(time)[1])).toEqual([0, 1, 1, 0])
})

test('means are in dollars, risks are shares, and both are 0 of nothing', () => {
  const features = assembleFeatures(
    Date.parse('2018-05-18T12:00:00Z'),
    { day: { count: 1, cents: 1_050 }, week: { count: 4, cents: 10_001 }, month: { count: 5, cents: 20_000 } },
    { day: noFrauds, week: { count: 4, frauds: 1 }, month: { count: 8, frauds: 8 } },
  )
  expect(featureNames.map((name) => features[name])).toEqual([0, 0, 1, 10.5, 4, 25.0025, 5, 40, 0, 0, 4, 0.25, 8, 1])
})

test('the keys of a vector come in the order of the list of names', () => {
  const none = { day: noSpend, week: noSpend, month: noSpend }
  const features = assembleFeatures(0, none, { day: noFrauds, week: noFrauds, month: noFrauds })
  expect(Object.keys(features)).toEqual([...featureNames])
})

test('cents are whole where the dollars are a binary fraction too short', () => {
  expect([0.29, 157.89999999999998, 1.1 * 3].map(toCents)).toEqual([29, 15_790, 330])
})
