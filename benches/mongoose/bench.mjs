// Use cases of a help desk in idiomatic Mongoose: read the ticket, check the rules, save it.
// Reads lines of JSON {useCase, tasks, tickets: [[number, owner]]} and answers each with {millis}.

import mongoose from 'mongoose'
import { createInterface } from 'node:readline'

const [uri, database] = process.argv.slice(2)
const { Schema, Types } = mongoose

const text = 'Me cobraron dos veces la misma compra. '.repeat(8).slice(0, 300)
const message = new Schema({ content: String, role: String, createdAt: Date }, { _id: false })
const schema = new Schema(
  {
    userId: Schema.Types.ObjectId,
    ticketNumber: { type: String, required: true },
    description: String,
    category: String,
    status: { type: String, enum: ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'], default: 'OPEN' },
    priority: { type: String, enum: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'], default: 'MEDIUM' },
    messages: [message],
    firstResponseAt: Date,
    resolvedAt: Date,
    closedAt: Date,
  },
  {
    collection: 'SupportTicket',
    timestamps: true,
    optimisticConcurrency: true,
    autoIndex: false,
    writeConcern: { w: 'majority', j: true, wtimeout: 10_000 },
  },
)
const Ticket = mongoose.model('SupportTicket', schema)
await mongoose.connect(uri, { dbName: database, maxPoolSize: 64, autoIndex: false })

const next = {
  OPEN: ['IN_PROGRESS', 'RESOLVED', 'CLOSED'],
  IN_PROGRESS: ['OPEN', 'RESOLVED', 'CLOSED'],
  RESOLVED: ['IN_PROGRESS', 'CLOSED'],
  CLOSED: [],
}
const rowFields = 'ticketNumber status priority category createdAt'
const rows = filter => Ticket.find(filter, rowFields).sort({ createdAt: -1, _id: -1 }).limit(20).lean()
let made = 0

const addMessage = async (number, owner) => {
  const ticket = await Ticket.findOne({ ticketNumber: number, userId: owner })
  if (!ticket) throw new Error('not found')
  if (ticket.status === 'CLOSED') return 'refused'
  if (ticket.messages.length >= 1000) return 'refused'
  ticket.messages.push({ content: text, role: 'USER', createdAt: new Date() })
  if (ticket.status === 'RESOLVED') ticket.status = 'OPEN'
  await ticket.save()
}

const useCases = {
  Create: async (_, owner) => {
    made += 1
    await Ticket.create({
      userId: owner,
      ticketNumber: `MONGOOSE-${process.pid}-${made}`,
      description: text,
      category: 'BUG',
      messages: [{ content: text, role: 'USER', createdAt: new Date() }],
    })
  },
  View: (number, owner) =>
    Ticket.findOne({ ticketNumber: number, userId: owner }, 'ticketNumber status messages').lean(),
  List: (_, owner) => rows({ userId: owner }),
  Dashboard: async () => {
    await rows({})
    await Ticket.aggregate([
      { $group: { _id: { status: '$status', priority: '$priority' }, tickets: { $sum: 1 } } },
    ])
  },
  Message: async (number, owner) => {
    if ((await addMessage(number, owner)) === 'refused') throw new Error('it is open')
  },
  Status: async number => {
    const ticket = await Ticket.findOne({ ticketNumber: number })
    const to = ticket.status === 'OPEN' ? 'IN_PROGRESS' : 'OPEN'
    if (!next[ticket.status].includes(to)) throw new Error('refused')
    ticket.status = to
    await ticket.save()
  },
  Refused: async (number, owner) => {
    if ((await addMessage(number, owner)) !== 'refused') throw new Error('it is closed')
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { useCase, tasks, tickets } = JSON.parse(line)
  const work = tickets.map(([number, owner]) => [number, new Types.ObjectId(owner)])
  const each = Math.ceil(work.length / tasks)
  const begin = performance.now()
  const task = async mine => {
    for (const [number, owner] of mine) await useCases[useCase](number, owner)
  }
  try {
    const all = []
    for (let at = 0; at < work.length; at += each) all.push(task(work.slice(at, at + each)))
    await Promise.all(all)
    console.log(JSON.stringify({ millis: performance.now() - begin }))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }))
  }
}
