import { expect, test } from 'vitest'
import {
  assembleFeatures,
  featureNames,
  toCents,
  type PerRange,
  type Totals,
} from '../../../../topologies/fraud-detection/features.ts'

const nothing: Totals = { count: 0, sum: 0 }
const none: PerRange<Totals> = { day: nothing, week: nothing, month: nothing }

function calendarOf(iso: string): [number, number] {
  const features = assembleFeatures(Date.parse(iso), none, none)
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
    { day: { count: 1, sum: 1_050 }, week: { count: 4, sum: 10_001 }, month: { count: 5, sum: 20_000 } },
    { day: nothing, week: { count: 4, sum: 1 }, month: { count: 8, sum: 8 } },
  )
  expect(featureNames.map((name) => features[name])).toEqual([0, 0, 1, 10.5, 4, 25.0025, 5, 40, 0, 0, 4, 0.25, 8, 1])
})

test('the keys of a vector come in the order of the list of names', () => {
  const features = assembleFeatures(0, none, none)
  expect(Object.keys(features)).toEqual([...featureNames])
})

test('cents are whole where the dollars are a binary fraction too short', () => {
  expect([0.29, 157.89999999999998, 1.1 * 3].map(toCents)).toEqual([29, 15_790, 330])
})
