/** The fields of the form, each with its label and problem. */

import type { Schemas } from "../shared/api.ts";
import { t } from "../shared/messages.ts";
import { answerId, EMAIL, NAME, NOTES, type Problems, type Typed } from "./form.ts";

type Question = Schemas["Question"];

interface Props {
  questions: readonly Question[];
  typed: Typed;
  problems: Problems;
  onType: (id: string, value: string) => void;
}

export function Fields({ questions, ...state }: Props) {
  return (
    <>
      <Field id={NAME} label={t("field.name")} required autocomplete="name" most={200} {...state} />
      <Field id={EMAIL} label={t("field.email")} required type="email" autocomplete="email" most={254} {...state} />
      {questions.map((question) => (
        <Answer key={question.id} question={question} {...state} />
      ))}
      <Field id={NOTES} label={t("field.notes")} type="textarea" most={5000} {...state} />
    </>
  );
}

type State = Omit<Props, "questions">;

function Answer({ question, ...state }: State & { question: Question }) {
  const id = answerId(question);
  const common = { id, label: question.label, required: question.required, ...state };
  if (question.type === "checkbox") return <Checkbox {...common} />;
  if (question.type === "select") return <Select options={question.options} {...common} />;
  if (question.type === "phone") return <Field type="tel" autocomplete="tel" most={50} {...common} />;
  return <Field type={question.type} most={question.type === "text" ? 500 : 5000} {...common} />;
}

interface Common extends State {
  id: string;
  label: string;
  required?: boolean;
}

interface FieldProps extends Common {
  most: number;
  type?: "text" | "email" | "tel" | "textarea";
  autocomplete?: "name" | "email" | "tel" | "off";
}

// Preact types `type` for fields without suggestions one by one; all that are used here are alike.
function Field({ id, label, required, most, type = "text", autocomplete = "off", ...state }: FieldProps) {
  const attributes = {
    ...described(id, state.problems, required),
    autocomplete,
    dir: "auto" as const,
    maxLength: most,
    value: state.typed[id] ?? "",
    onInput: (event: { currentTarget: { value: string } }) => state.onType(id, event.currentTarget.value),
  };
  return (
    <div class="field">
      <Label id={id} label={label} required={required} />
      {type === "textarea" ? <textarea rows={3} {...attributes} /> : <input {...attributes} type={type as "email"} />}
      <Problem id={id} problems={state.problems} />
    </div>
  );
}

function Select({ id, label, required, options, ...state }: Common & { options: readonly string[] }) {
  return (
    <div class="field">
      <Label id={id} label={label} required={required} />
      <select
        {...described(id, state.problems, required)}
        value={state.typed[id] ?? ""}
        onChange={(event) => state.onType(id, event.currentTarget.value)}
      >
        <option value="">{t("field.choose")}</option>
        {options.map((option) => (
          <option value={option}>{option}</option>
        ))}
      </select>
      <Problem id={id} problems={state.problems} />
    </div>
  );
}

function Checkbox({ id, label, required, ...state }: Common) {
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          {...described(id, state.problems, required)}
          checked={state.typed[id] === "true"}
          onChange={(event) => state.onType(id, event.currentTarget.checked ? "true" : "")}
        />
        <span>
          <bdi>{label}</bdi>
          <Optional required={required} />
        </span>
      </label>
      <Problem id={id} problems={state.problems} />
    </div>
  );
}

function Label({ id, label, required }: { id: string; label: string; required?: boolean | undefined }) {
  return (
    <label for={id}>
      <bdi>{label}</bdi>
      <Optional required={required} />
    </label>
  );
}

function Optional({ required }: { required?: boolean | undefined }) {
  return required ? null : <span class="quiet"> {t("field.optional")}</span>;
}

function Problem({ id, problems }: { id: string; problems: Problems }) {
  const problem = problems[id];
  return problem ? (
    <p class="problem" id={`${id}-problem`}>
      {t(problem)}
    </p>
  ) : null;
}

function described(id: string, problems: Problems, required = false) {
  return {
    id,
    name: id,
    "aria-required": required,
    "aria-invalid": id in problems,
    "aria-describedby": id in problems ? `${id}-problem` : undefined,
  };
}
