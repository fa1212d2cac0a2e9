// Every operation by the official Node SDK, unmodified; prints what it saw as JSON.
import { SmsService } from "@sinch/sms";

const [url, token, project] = process.argv.slice(2);
const sms = project
  ? new SmsService({
      projectId: "project", keyId: "key", keySecret: "secret", smsHostname: url, authHostname: url,
    })
  : new SmsService({ servicePlanId: "demo", apiToken: token, smsHostname: url });
const number = "+447700900123";
const later = new Date(Date.now() + 86400000);
const made = await sms.batches.sendTextMessage({
  sendSMSRequestBody: {
    to: [number], from: "12345", body: "Hi ${name}!", send_at: later, feedback_enabled: true,
    parameters: { name: { [number]: "Ana", default: "there" } },
  },
});
const dryRun = await sms.batches.dryRun({
  per_recipient: true,
  number_of_recipients: 10,
  dryRunRequestBody: {
    to: [number], from: "12345", body: "Hi ${name}!", type: "mt_text",
    parameters: { name: { default: "there" } },
  },
});
const retrieved = await sms.batches.get({ batch_id: made.id });
const updated = await sms.batches.update({
  batch_id: made.id,
  updateBatchMessageRequestBody: { to_add: ["+447700900222"], type: "mt_text" },
});
const replaced = await sms.batches.replace({
  batch_id: made.id,
  replaceBatchMessageRequestBody: {
    to: [number], from: "12345", body: "Other", send_at: later, feedback_enabled: true,
    type: "mt_text",
  },
});
await sms.batches.sendDeliveryFeedback({
  batch_id: made.id,
  deliveryFeedbackRequestBody: { recipients: [number] },
});
const cancelled = await sms.batches.cancel({ batch_id: made.id });
const listed = [];
for await (const batch of sms.batches.list({ page_size: 1 })) listed.push(batch.id);
const group = await sms.groups.create({ createGroupRequestBody: { name: "us", members: [number] } });
const sent = await sms.batches.sendTextMessage({
  sendSMSRequestBody: { to: [group.id], from: "12345", body: "Hi", delivery_report: "full" },
});
const report = await sms.deliveryReports.get({ batch_id: sent.id, type: "full" });
const one = await sms.deliveryReports.getForNumber({ batch_id: sent.id, recipient_msisdn: number });
console.log(JSON.stringify({
  made, dryRun, retrieved, updated, replaced, cancelled, listed, group, report, one,
}));
